/**
 * Builds the control plane's programs from their Go modules, since no registry ships them as packages.
 *
 * go.mod beside this file is the only place that names versions. Knows nothing of where the programs are kept.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compile } from './go-compile.ts';

/** The Go package of each program. Go names the output of `…/v3` after the folder above it. */
export const programs = {
  etcd: { package: 'go.etcd.io/etcd/server/v3', output: 'server' },
  'kube-apiserver': { package: 'k8s.io/kubernetes/cmd/kube-apiserver', output: 'kube-apiserver' },
  'kube-controller-manager': {
    package: 'k8s.io/kubernetes/cmd/kube-controller-manager',
    output: 'kube-controller-manager',
  },
  kubectl: { package: 'k8s.io/kubernetes/cmd/kubectl', output: 'kubectl' },
  etcdctl: { package: 'go.etcd.io/etcd/etcdctl/v3', output: 'etcdctl' },
  etcdutl: { package: 'go.etcd.io/etcd/etcdutl/v3', output: 'etcdutl' },
} as const;

export type Program = keyof typeof programs;

/** Lines of Kubernetes that have a module of their own: the oldest that is supported, and the newest. */
export const lines = ['1.32', '1.37'] as const;
export type Line = (typeof lines)[number];

const folderOf = (line: Line | undefined): string =>
  line === undefined ? import.meta.dirname : join(import.meta.dirname, 'lines', line);

export interface Pins {
  /** Where go.mod is. */
  readonly folder: string;
  /** The go.mod and go.sum that pin every version, as text: what a build is made from. */
  readonly text: string;
  /** The oldest Go that go.mod accepts, such as `1.26.0`. */
  readonly go: string;
  /** Kubernetes, such as `v1.36.3`. */
  readonly kubernetes: string;
}

/** Reads what go.mod pins; a line's pins kube-apiserver and kube-controller-manager alone. */
export async function readPins(line?: Line): Promise<Pins> {
  const folder = folderOf(line);
  const goMod = await readFile(join(folder, 'go.mod'), 'utf8');
  const goSum = await readFile(join(folder, 'go.sum'), 'utf8');
  const go = /^go (\S+)$/m.exec(goMod)?.[1];
  const kubernetes = /^\s*k8s\.io\/kubernetes (v\S+)/m.exec(goMod)?.[1];
  if (go === undefined || kubernetes === undefined) {
    throw new Error(`expected ${join(folder, 'go.mod')} to hold a go line and to require k8s.io/kubernetes`);
  }
  return { folder, text: goMod + goSum, go, kubernetes };
}

/** The flags of `go build`. Without the version, `kubectl version` cannot parse what the server says of itself. */
export function buildFlags(pins: Pins): readonly string[] {
  return ['-trimpath', `-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=${pins.kubernetes}`];
}

export interface GoBuild {
  readonly wanted: readonly Program[];
  readonly pins: Pins;
  /** An existing folder; each program lands in it under its `output` name. */
  readonly into: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: (line: string) => void;
}

/**
 * Runs one `go build` for all wanted programs, with a line of progress every 15 s: minutes cold, seconds warm.
 *
 * @throws Error when Go is missing or too old, or when the build fails (with the end of its output)
 */
export const goBuild = ({ wanted, pins, ...rest }: GoBuild): Promise<void> =>
  compile({
    ...rest,
    title: `${wanted.join(', ')} (Kubernetes ${pins.kubernetes}) with Go: some 6 minutes on 2 cores`,
    folder: pins.folder,
    go: pins.go,
    packages: wanted.map((program) => programs[program].package),
    flags: buildFlags(pins),
    remedy:
      'set KUBEBUILDER_ASSETS to a folder that holds etcd, kube-apiserver, kube-controller-manager and kubectl',
  });
