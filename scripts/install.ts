/**
 * Puts Curfew's objects into the cluster of `$KUBECONFIG`: CRDs, guard, the operator's identity and rights, roles for
 * people, a default policy. What `make install` runs, and the tests and the demo, so that all of them install the same.
 */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultInstallation } from '../src/domain/installation.ts';
import { kubectl, type KubectlTarget } from '../test/controlplane/kubectl.ts';
import { apply, type Manifest, put, read } from './manifests.ts';

const root = join(import.meta.dirname, '..');
export const operatorNamespace: string = defaultInstallation.namespace;
const grantableRolesName = 'curfew-operator-grantable-roles';

export interface InstallOptions {
  /** The ClusterRoles that the operator may bind. Left out: those it may bind already, or else view and edit. */
  readonly roles?: readonly string[] | undefined;
  readonly log?: (line: string) => void;
}

/** Limits the rule with the verb `bind` to the roles that the cluster's owner listed. */
function withGrantableRoles(manifest: Manifest, roles: readonly string[]): Manifest {
  if (manifest.metadata.name !== grantableRolesName || manifest.kind !== 'ClusterRole') return manifest;
  const rules = (manifest.rules ?? []).map((rule) => ({ ...rule, resourceNames: [...roles] }));
  // An empty list of names would mean all of them.
  return { ...manifest, rules: roles.length === 0 ? [] : rules };
}

/**
 * Installs everything and waits until grants are stamped and checked. The guard comes first, so that there is no moment in
 * which a grant could be created without it; it is put as it must be, also where somebody has weakened it.
 *
 * @returns the roles that the operator may bind
 */
export async function install(
  target: KubectlTarget,
  { roles, log = () => {} }: InstallOptions,
): Promise<readonly string[]> {
  log(await put(target, await read('config/guard.yaml')));
  if (await stamps(target)) log(await put(target, await read('config/guard-stamp.yaml')));
  const crdFiles = (await readdir(join(root, 'crds'))).sort();
  const crds = (await Promise.all(crdFiles.map((file) => read(`crds/${file}`)))).flat();
  log(await put(target, crds));
  const names = crds.map(({ metadata }) => `crd/${metadata.name}`);
  await kubectl(target, ['wait', '--for=condition=Established', '--timeout=60s', ...names]);
  const grantable = roles ?? (await grantableRoles(target)) ?? ['view', 'edit'];
  const operator = await read('config/operator.yaml');
  log(
    await apply(
      target,
      operator.map((manifest) => withGrantableRoles(manifest, grantable)),
    ),
  );
  log(await apply(target, await read('config/reaper.yaml')));
  log(await apply(target, await read('config/people.yaml')));
  await createPolicy(target, log);
  // Last: an API server that has once looked for its parameters in vain looks again half a minute later.
  log(await put(target, await read('config/guard-feedback.yaml')));
  await awaitGuard(target);
  return grantable;
}

/** True where the API server can write the requester itself; before Kubernetes 1.36 people do, and the guard checks it. */
async function stamps(target: KubectlTarget): Promise<boolean> {
  const { stdout } = await kubectl(target, ['get', '--raw', '/apis/admissionregistration.k8s.io/v1']);
  const { resources } = JSON.parse(stdout) as { resources: readonly { name: string }[] };
  return resources.some(({ name }) => name === 'mutatingadmissionpolicies');
}

/** The roles that the operator may bind so far, or undefined where it is not installed yet. */
async function grantableRoles(target: KubectlTarget): Promise<readonly string[] | undefined> {
  const args = ['get', 'clusterrole', grantableRolesName, '-o', 'json', '--ignore-not-found'];
  const { stdout } = await kubectl(target, args);
  if (stdout === '') return undefined;
  const { rules } = JSON.parse(stdout) as Manifest;
  return (rules ?? []).flatMap(({ resourceNames }) => resourceNames ?? []);
}

const deadline_ms = 60_000;
const interval_ms = 200;

/** Looks again and again until `look` says nothing more; what it says last is in the error. */
async function eventually(expected: string, look: () => Promise<string | undefined>): Promise<void> {
  const started_ms = performance.now();
  for (;;) {
    const objection = await look();
    if (objection === undefined) return;
    if (performance.now() - started_ms > deadline_ms) {
      throw new Error(`expected ${expected} within ${deadline_ms / 1000} s; last seen: ${objection}`);
    }
    await delay(interval_ms);
  }
}

/**
 * Creates the default policy where there is none: what its owner has made of it stays. A new CRD answers with errors for a
 * few seconds where admission policies apply.
 */
async function createPolicy(target: KubectlTarget, log: (line: string) => void): Promise<void> {
  const input = await readFile(join(root, 'config/policy.yaml'), 'utf8');
  await eventually('the API server to take a TemporaryAccessPolicy', async () => {
    const { code, stdout, stderr } = await kubectl(target, ['create', '-f', '-'], {
      input,
      allowFailure: true,
    });
    if (code !== 0 && !stderr.includes('AlreadyExists')) return stderr;
    log(
      code === 0
        ? stdout.trimEnd()
        : 'temporaryaccesspolicy.curfew.dev/default is there already and stays as it is',
    );
    return undefined;
  });
}

const probe = (namespace: string, requester: string): string =>
  JSON.stringify({
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'TemporaryAccessGrant',
    metadata: { name: 'guard-probe', namespace },
    spec: {
      requester,
      roleRef: { kind: 'ClusterRole', name: 'view' },
      reason: 'is the guard in force?',
    },
  });

/**
 * Admission policies take about a second until they are in force: by dry run, a grant in kube-system must be refused by
 * ours, and a forged requester overwritten. That of decisions is in force by then as well; there is no grant yet on which
 * it could be tried.
 */
async function awaitGuard(target: KubectlTarget): Promise<void> {
  const create = (namespace: string, requester: string) =>
    kubectl(target, ['create', '--dry-run=server', '-o', 'jsonpath={.spec.requester}', '-f', '-'], {
      input: probe(namespace, requester),
      allowFailure: true,
    });
  const whoami = ['auth', 'whoami', '-o', 'jsonpath={.status.userInfo.username}'];
  const self = (await kubectl(target, whoami)).stdout;
  await eventually('the admission policies to be in force', async () => {
    const [forbidden, forged, honest] = await Promise.all([
      create('kube-system', self),
      create('default', 'somebody else'),
      create('default', self),
    ]);
    if (honest.stderr.includes('failed to configure policy')) return honest.stderr;
    if (!forbidden.stderr.includes('temporary access is not given'))
      return forbidden.stderr || 'a grant in kube-system was accepted';
    // Overwritten, or where the API server does not stamp, refused.
    const refused = /may not request access|spec\.requester must be the user/.test(forged.stderr);
    if (forged.code !== 0 && !refused) return forged.stderr;
    return forged.stdout === 'somebody else' ? 'a forged requester was accepted' : undefined;
  });
}

/**
 * The cluster that the make targets mean: `$KUBECONFIG`, or else the one of `make cluster`; with the kubectl of
 * `$KUBECTL`, of `make cluster`, or of the path.
 */
export function defaultTarget(): KubectlTarget {
  const own = join(root, '.cluster', 'kubectl');
  return {
    kubectlPath: process.env['KUBECTL'] ?? (existsSync(own) ? own : 'kubectl'),
    kubeconfigPath: process.env['KUBECONFIG'] ?? join(root, '.cluster', 'kubeconfig'),
  };
}

if (import.meta.main) {
  const wanted = process.env['ROLES']?.split(/\s+/).filter((name) => name !== '');
  const roles = await install(defaultTarget(), { roles: wanted, log: console.log });
  console.log(`\nCurfew is installed; it may give: ${roles.join(', ') || 'nothing'}. Next: make run`);
}
