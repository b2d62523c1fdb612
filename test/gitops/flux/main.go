// What Flux' kustomize-controller does, by its own packages. `health` reads JSON objects {expressions, object} from standard
// input and writes the word for each. `apply KUBECONFIG NAME` applies the JSON objects of standard input as a Kustomization
// of that name does at each interval, and writes what became of each: created, configured or unchanged.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/fluxcd/pkg/apis/kustomize"
	"github.com/fluxcd/pkg/runtime/cel"
	"github.com/fluxcd/pkg/ssa"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 1 && args[0] == "health":
		return judge(ctx, os.Stdin, os.Stdout)
	case len(args) == 3 && args[0] == "apply":
		return apply(ctx, args[1], args[2], os.Stdin, os.Stdout)
	default:
		return fmt.Errorf("expected health, or apply KUBECONFIG NAME, got %q", args)
	}
}

type task struct {
	Expressions kustomize.HealthCheckExpressions `json:"expressions"`
	Object      unstructured.Unstructured        `json:"object"`
}

func judge(ctx context.Context, in io.Reader, out io.Writer) error {
	decoder := json.NewDecoder(in)
	for {
		var next task
		if err := decoder.Decode(&next); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("expected {expressions, object}: %w", err)
		}
		evaluator, err := cel.NewStatusEvaluator(&next.Expressions)
		if err != nil {
			return err
		}
		result, err := evaluator.Evaluate(ctx, &next.Object)
		if err != nil {
			return fmt.Errorf("expected the expressions to judge %s: %w", next.Object.GetName(), err)
		}
		fmt.Fprintln(out, result.Status)
	}
}

func apply(ctx context.Context, kubeconfig, name string, in io.Reader, out io.Writer) error {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	cluster, err := client.New(config, client.Options{})
	if err != nil {
		return err
	}
	var objects []*unstructured.Unstructured
	for decoder := json.NewDecoder(in); ; {
		object := &unstructured.Unstructured{}
		if err := decoder.Decode(object); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("expected JSON objects: %w", err)
		}
		objects = append(objects, object)
	}
	// Nothing here waits for objects, hence no poller.
	owner := ssa.Owner{Field: "kustomize-controller", Group: "kustomize.toolkit.fluxcd.io"}
	manager := ssa.NewResourceManager(cluster, nil, owner)
	manager.SetOwnerLabels(objects, name, "flux-system")
	changes, err := manager.ApplyAll(ctx, objects, ssa.DefaultApplyOptions())
	if err != nil {
		return err
	}
	for _, entry := range changes.Entries {
		fmt.Fprintln(out, entry.Action, entry.Subject)
	}
	return nil
}
