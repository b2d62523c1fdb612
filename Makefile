# The only front door. Every target brings what it needs: npm packages, and a control plane built from source.
.DEFAULT_GOAL := help
.PHONY: help demo test test-long sim lint format build manifests generate controlplane cluster install run clean

# npm, because its scripts run on the pinned Node whatever the machine has.
NPM := npm --loglevel=error


help: ## Show the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

# Not `npm ci`: it refuses a lock file that lacks the optional binaries of platforms other than the one it was made on.
# The versions and hashes of the lock file hold all the same, and --no-save leaves it as it is.
node_modules/.installed: package.json package-lock.json .npmrc
	@$(NPM) install --no-save
	@touch $@

demo: node_modules/.installed ## Show one whole life on a real API server
	@$(NPM) run -s demo

test: node_modules/.installed ## Run all tests, or RING=domain,runtime,…
	@$(NPM) run -s test -- $(if $(RING),RING=$(RING))

test-long: node_modules/.installed ## Run all tests with the full figures
	@$(NPM) run -s test -- --long $(if $(RING),RING=$(RING))

sim: node_modules/.installed ## Run one seed of the simulation again, with every step told: SEED=17, or SEED=17 CRASH=12
	@$(NPM) run -s sim -- $(SEED) $(CRASH)

lint: node_modules/.installed ## Types, rules, format, unused code, generated files
	@$(NPM) run -s lint

format: node_modules/.installed ## Format the sources
	@$(NPM) run -s format

build: node_modules/.installed ## Bundle the programs into dist/
	@$(NPM) run -s build

manifests: node_modules/.installed ## Render dist/install.yaml from the chart, for people without Helm
	@$(NPM) run -s manifests

generate: node_modules/.installed ## Write the files that are made from the schemas
	@$(NPM) run -s generate

controlplane: node_modules/.installed ## Find or build etcd, kube-apiserver, kube-controller-manager, kubectl
	@$(NPM) run -s controlplane

cluster: node_modules/.installed ## Run a control plane in the foreground; writes .cluster/kubeconfig
	@$(NPM) run -s cluster

install: node_modules/.installed ## Install into the cluster of KUBECONFIG; ROLES="view edit" may be given
	@$(NPM) run -s install-into-cluster

run: node_modules/.installed ## Run the operator from source against the cluster of KUBECONFIG
	@$(NPM) run -s run-operator

clean: ## Remove what was built here
	@rm -rf dist node_modules .cluster
