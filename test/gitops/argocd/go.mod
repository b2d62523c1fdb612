// Health scripts as Argo CD runs them: its own package needs the whole of Argo CD, so this takes what that stands on.
module curfew.dev/test/gitops/argocd

go 1.26.0

require (
	github.com/yuin/gopher-lua v1.1.2
	layeh.com/gopher-json v0.0.0-20190114024228-97fed8db8427
)
