/**
 * `make demo`: one whole life of temporary access on a real API server, told as a timeline. Every line is verified as it
 * is told; the first that is not so ends the demo with an error.
 */
import { join } from 'node:path';
import colours from 'picocolors';
import { install } from '../../scripts/install.ts';
import { writeOperatorKubeconfig } from '../../scripts/operator-identity.ts';
import { eventually } from '../cluster/eventually.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl, type KubectlResult } from '../controlplane/kubectl.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { readmeManifest, withDuration } from './manifest.ts';
import { manifests, namespace, people, type Person } from './people.ts';

const duration_s = 10;
const started_ms = performance.now();

const say = (who: string, what: string): void => {
  const seconds = ((performance.now() - started_ms) / 1000).toFixed(1).padStart(6);
  console.log(`${colours.dim(`${seconds}s`)}  ${colours.bold(who.padEnd(9))} ${what}`);
};
const quote = (text: string): void => {
  for (const line of text.trimEnd().split('\n')) console.log(colours.dim(`                   ${line}`));
};
const heading = (text: string): void => console.log(`\n${colours.cyan(text)}`);

function verify(holds: boolean, expected: string, seen: string): void {
  if (!holds) throw new Error(`expected ${expected}; saw: ${seen.trim() || '(nothing)'}`);
}

type As = (who: Person, args: readonly string[], input?: string) => Promise<KubectlResult>;

/** kubectl as one of the people, with a token of their own; never fails, so that refusals can be shown. */
async function login(cluster: ControlPlane): Promise<As> {
  const pathOf = (who: Person): string => join(cluster.dataDir, `${who}.kubeconfig`);
  for (const name of people) {
    await cluster.writeKubeconfig({ path: pathOf(name), identity: { kind: 'User', name } });
  }
  return (who, args, input) =>
    kubectl(cluster, args, {
      kubeconfig: pathOf(who),
      allowFailure: true,
      ...(input === undefined ? {} : { input }),
    });
}

async function mayDo(as: As, who: Person, ...args: readonly string[]): Promise<boolean> {
  const { stdout } = await as(who, ['auth', 'can-i', ...args, '-n', namespace]);
  return stdout.trim() === 'yes';
}

const tryToWork = (as: As): Promise<KubectlResult> =>
  as('alice', ['create', 'configmap', `fix-${Date.now()}`, '-n', namespace, '--from-literal=queue=restart']);

async function refused(as: As): Promise<void> {
  const attempt = await tryToWork(as);
  verify(
    attempt.code !== 0 && attempt.stderr.includes('forbidden'),
    'alice to be refused',
    attempt.stdout + attempt.stderr,
  );
  say('alice', `tries to work in namespace ${namespace}: ${colours.red('refused')}`);
  quote(attempt.stderr);
}

/** The life itself; the operator does the rest in the background. */
async function live(as: As, grant: string): Promise<void> {
  heading('Nobody has standing access');
  await refused(as);

  heading('alice asks');
  const manifest = withDuration(await readmeManifest(), `${duration_s}s`);
  const applied = await as('alice', ['apply', '-f', '-'], manifest);
  verify(applied.code === 0, 'the grant to be accepted', applied.stderr);
  say('alice', `applies the manifest of the README, with ${duration_s}s instead of 1h:`);
  quote(manifest);
  await waitFor(
    as,
    'alice',
    'jsonpath={.status.conditions[?(@.type=="Ready")].reason}=AwaitingApproval',
    grant,
  );
  quote((await as('alice', ['get', grant, '-n', namespace])).stdout);
  verify(!(await mayDo(as, 'alice', 'create', 'configmaps')), 'no access before approval', 'yes');

  heading('bob approves');
  const uid = (await as('bob', ['get', grant, '-n', namespace, '-o', 'jsonpath={.metadata.uid}'])).stdout;
  const own = await approve(as, 'alice', grant, { uid, by: 'alice' });
  verify(
    own.code !== 0 && own.stderr.includes("forbids to approve one's own"),
    'alice to be refused to approve her own grant',
    own.stdout + own.stderr,
  );
  say('alice', `tries to approve it herself, although she may approve for others: ${colours.red('refused')}`);
  quote(own.stderr);
  const forged = await approve(as, 'bob', grant, { uid, by: 'carol' });
  verify(forged.code !== 0, 'a decision in the name of carol to be refused', forged.stdout);
  say('bob', `tries to approve in carol's name: ${colours.red('refused')}`);
  quote(forged.stderr);
  const approved = await approve(as, 'bob', grant, { uid, by: 'bob' });
  verify(approved.code === 0, "bob's approval to be accepted", approved.stderr);
  say('bob', `approves: ${colours.green('recorded')}`);
  await waitFor(as, 'alice', 'condition=Active', grant);

  heading('alice works');
  const work = await tryToWork(as);
  verify(work.code === 0, 'alice to be let in', work.stderr);
  say('alice', `tries again: ${colours.green(work.stdout.trim())}`);
  const beyond = await mayDo(as, 'alice', 'create', 'rolebindings');
  verify(!beyond, 'alice to be allowed what the role allows and nothing else', 'she may create rolebindings');
  verify(!(await mayDoIn(as, 'default')), 'no access in other namespaces', 'she may work in default');
  say(
    'alice',
    'may not create rolebindings, nor work in other namespaces: only what ClusterRole edit allows here',
  );
  quote((await as('alice', ['get', grant, '-n', namespace])).stdout);

  heading('The time is up');
  await waitFor(as, 'alice', 'jsonpath={.status.phase}=Expired', grant, duration_s + 10);
  say('curfew', 'has taken the access away, and the API server confirms it');
  await refused(as);
}

const mayDoIn = async (as: As, elsewhere: string): Promise<boolean> =>
  (await as('alice', ['auth', 'can-i', 'create', 'configmaps', '-n', elsewhere])).stdout.trim() === 'yes';

function approve(
  as: As,
  who: Person,
  grant: string,
  { uid, by }: { uid: string; by: string },
): Promise<KubectlResult> {
  const value = { uid, by, decision: 'Approved', comment: 'queue is stuck indeed' };
  const patch = JSON.stringify([{ op: 'add', path: '/status/decisions/-', value }]);
  return as(who, [
    'patch',
    grant,
    '-n',
    namespace,
    '--subresource=status',
    '--type=json',
    `--patch=${patch}`,
  ]);
}

async function waitFor(as: As, who: Person, condition: string, grant: string, timeout_s = 15): Promise<void> {
  const waited = await as(who, [
    'wait',
    grant,
    '-n',
    namespace,
    `--for=${condition}`,
    `--timeout=${timeout_s}s`,
  ]);
  verify(waited.code === 0, `${condition} within ${timeout_s} s`, waited.stderr);
}

/** The trail: Events for people, metrics for Prometheus, the log for keeps. */
async function showTrail(cluster: ControlPlane, operator: OperatorProcess, grantName: string): Promise<void> {
  heading('What is left to read: Events');
  const columns = 'custom-columns=TYPE:.type,REASON:.reason,NOTE:.note';
  const events = await eventually(async () => {
    const args = ['get', 'events.events.k8s.io', '-n', namespace, '--sort-by=.eventTime', '-o', columns];
    const { stdout } = await kubectl(cluster, args);
    const missing = ['Requested', 'Granted', 'Expired'].filter((step) => !stdout.includes(step));
    if (missing.length > 0) throw new Error(`no Event ${missing.join(', ')} in:\n${stdout}`);
    return stdout;
  });
  quote(events);

  heading('Metrics');
  const metrics = await eventually(async () => {
    const lines = (await operator.metrics()).split('\n').filter((line) => line.startsWith('curfew_'));
    const expected = 'curfew_grants{phase="Expired",policy="default"} 1';
    if (!lines.includes(expected)) throw new Error(`no ${expected} in:\n${lines.join('\n')}`);
    return lines;
  });
  quote(metrics.filter((line) => /^curfew_grants|_sum|_count/.test(line)).join('\n'));

  heading('The audit log of the operator');
  const audit = operator.log.filter((line) => line.audit === true && line.grant?.name === grantName);
  quote(audit.map(({ step, message }) => `${String(step).padEnd(11)} ${message}`).join('\n'));
  verify(
    audit.at(-1)?.step === 'Expired',
    'the last audit line to tell of the end',
    JSON.stringify(audit.at(-1)),
  );
}

/** From an empty control plane to the end of the story. */
async function demonstrate(cluster: ControlPlane): Promise<void> {
  say('cluster', `etcd, kube-apiserver and kube-controller-manager run at ${cluster.server}`);
  await install(cluster, { roles: ['view', 'edit'] });
  const input = manifests.map((one) => JSON.stringify(one)).join('\n---\n');
  await kubectl(cluster, ['apply', '-f', '-'], { input });
  say(
    'cluster',
    'has CRDs, admission policies, a policy, and RBAC: alice may ask, bob may approve, alice may approve for others',
  );
  const kubeconfig = join(cluster.dataDir, 'operator.kubeconfig');
  await writeOperatorKubeconfig(cluster, kubeconfig);
  const operator = await startOperator({ kubeconfig });
  say('curfew', 'runs as its own ServiceAccount, which may bind view and edit and nothing else');
  try {
    const as = await login(cluster);
    const { metadata } = await readmeManifest();
    await live(as, `temporaryaccessgrant/${metadata.name}`);
    await showTrail(cluster, operator, metadata.name);
  } catch (error) {
    quote([...operator.log.slice(-10).map((line) => JSON.stringify(line)), operator.errors()].join('\n'));
    throw error;
  } finally {
    const { code } = await operator.stop('SIGTERM');
    verify(code === 0, 'the operator to stop cleanly', `exit code ${code}`);
  }
}

let cluster: ControlPlane | undefined;
try {
  cluster = await startControlPlane({
    users: people.map((name) => ({ name, groups: [] })),
    log: (line) => console.log(colours.dim(line)),
  });
  await demonstrate(cluster);
  const seconds = ((performance.now() - started_ms) / 1000).toFixed(1);
  console.log(`\n${colours.green('Everything was as it should be')}, in ${seconds}s.`);
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`\n${colours.red('The demo failed')}: ${message}`);
  process.exitCode = 1;
} finally {
  await cluster?.stop();
}
