// Reads JSON objects from standard input and writes what kstatus makes of each, one line per object: the judgement that
// Flux, and everybody who waits with kstatus, acts on.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/cli-utils/pkg/kstatus/status"
)

func main() {
	if err := judge(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	decoder.UseNumber()
	for {
		var object map[string]any
		if err := decoder.Decode(&object); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("expected a JSON object: %w", err)
		}
		// As an API client decodes it: whole numbers as int64.
		text, err := json.Marshal(object)
		if err != nil {
			return err
		}
		var read unstructured.Unstructured
		if err := read.UnmarshalJSON(text); err != nil {
			return err
		}
		result, err := status.Compute(&read)
		if err != nil {
			return fmt.Errorf("expected kstatus to judge %s: %w", read.GetName(), err)
		}
		fmt.Fprintln(out, result.Status)
	}
}
