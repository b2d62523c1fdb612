// Package kubeconform keeps in go.mod what is read and not compiled: the CRDs of the Prometheus operator, from which the
// schemas of its kinds are made.
package kubeconform

import _ "github.com/prometheus-operator/prometheus-operator/pkg/versionutil"
