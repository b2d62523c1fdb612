// As much of jq as the commands of the documents need, `jq -c FILTER [FILE]` and `jq -r FILTER [FILE]`, around a whole jq in
// Go, for machines that have none.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/itchyny/gojq"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) < 2 || len(args) > 3 || (args[0] != "-c" && args[0] != "-r") {
		return fmt.Errorf("expected -c or -r, FILTER and perhaps FILE, got %q", args)
	}
	query, err := gojq.Parse(args[1])
	if err != nil {
		return err
	}
	code, err := gojq.Compile(query, gojq.WithEnvironLoader(os.Environ))
	if err != nil {
		return err
	}
	in := os.Stdin
	if len(args) == 3 {
		if in, err = os.Open(args[2]); err != nil {
			return err
		}
		defer in.Close()
	}
	decoder := json.NewDecoder(in)
	for {
		var input any
		if err := decoder.Decode(&input); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := write(code.Run(input), args[0] == "-r"); err != nil {
			return err
		}
	}
}

// write prints one result a line, strings without quotes where they are wanted raw.
func write(results gojq.Iter, raw bool) error {
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetEscapeHTML(false)
	for {
		result, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := result.(error); failed {
			return err
		}
		if text, isText := result.(string); isText && raw {
			fmt.Println(text)
		} else if err := encoder.Encode(result); err != nil {
			return err
		}
	}
}
