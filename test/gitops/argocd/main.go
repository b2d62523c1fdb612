// Runs health scripts as Argo CD does: gopher-lua, a second of time, and of Lua's libraries only package, base and table,
// unless `useOpenLibs` says otherwise, as for the scripts that Argo CD itself ships. Reads JSON objects
// {script, useOpenLibs, object} from standard input and writes one line of JSON for each: the health.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	lua "github.com/yuin/gopher-lua"
	luajson "layeh.com/gopher-json"
)

type task struct {
	Script      string         `json:"script"`
	UseOpenLibs bool           `json:"useOpenLibs"`
	Object      map[string]any `json:"object"`
}

type health struct {
	Status  string `json:"status"`
	Message string `json:"message"`
}

var libraries = []struct {
	name string
	open lua.LGFunction
}{
	{lua.LoadLibName, lua.OpenPackage},
	{lua.BaseLibName, lua.OpenBase},
	{lua.TabLibName, lua.OpenTable},
}

func main() {
	if err := judge(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(in io.Reader, out io.Writer) error {
	decoder, encoder := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var next task
		if err := decoder.Decode(&next); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("expected {script, useOpenLibs, object}: %w", err)
		}
		answer, err := healthOf(next)
		if err != nil {
			return err
		}
		if err := encoder.Encode(answer); err != nil {
			return err
		}
	}
}

// healthOf fails where Argo CD would show the health as Unknown.
func healthOf(next task) (*health, error) {
	// Argo CD decides about these before any script is asked.
	if metadata, ok := next.Object["metadata"].(map[string]any); ok && metadata["deletionTimestamp"] != nil {
		return &health{Status: "Progressing", Message: "Pending deletion"}, nil
	}
	state := lua.NewState(lua.Options{SkipOpenLibs: !next.UseOpenLibs})
	defer state.Close()
	for _, library := range libraries {
		call := lua.P{Fn: state.NewFunction(library.open), Protect: true}
		if err := state.CallByParam(call, lua.LString(library.name)); err != nil {
			return nil, err
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	state.SetContext(ctx)
	state.SetGlobal("obj", luajson.DecodeValue(state, next.Object))
	if err := state.DoString(next.Script); err != nil {
		return nil, fmt.Errorf("expected the script to run: %w", err)
	}
	text, err := luajson.Encode(state.Get(-1))
	if err != nil {
		return nil, err
	}
	var answer health
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, fmt.Errorf("expected a table with status and message, got %s: %w", text, err)
	}
	switch answer.Status {
	case "Healthy", "Progressing", "Suspended", "Degraded", "Missing", "Unknown":
		return &answer, nil
	default:
		return nil, fmt.Errorf("expected one of Argo CD's words for health, got %q", answer.Status)
	}
}
