/**
 * The dead-man's switch where nothing else is left: the operator never came back, the garbage collector is down, the CRDs and
 * every grant with them are deleted. A control plane of its own, since it is taken apart.
 */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { install } from '../../scripts/install.ts';
import { writeOperatorKubeconfig } from '../../scripts/operator-identity.ts';
import { bindingResource } from '../../src/controller/resources.ts';
import { bindingAt, managedSelector, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import { formatTime } from '../../src/domain/duration.ts';
import { createHttpApi, type HttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { aGrant } from '../domain/fixtures.ts';
import { createReaper, type Reaper } from './reaper-process.ts';
import { editStoredBinding, store, storedBinding } from './stored.ts';

const root = join(import.meta.dirname, '..', '..');
const namespace = 'payments';
const crds = ['temporaryaccessgrants', 'clustertemporaryaccessgrants', 'temporaryaccesspolicies'];

let controlPlane: ControlPlane;
let admin: HttpApi;
/** With the operator's own token: the names of its bindings are its own. */
let operator: HttpApi;
let reaper: Reaper;
let folder: string;

const apiFrom = (kubeconfig: string): HttpApi =>
  createHttpApi({
    connection: loadConnection(kubeconfig),
    clock: systemClock,
    userAgent: 'curfew-reaper-test',
  });

beforeAll(async () => {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.ts')]);
  folder = await mkdtemp(join(tmpdir(), 'curfew-reaper-'));
  controlPlane = await startControlPlane();
  await install(controlPlane, { roles: ['view'] });
  await kubectl(controlPlane, ['create', 'namespace', namespace]);
  const kubeconfig = join(controlPlane.dataDir, 'operator.kubeconfig');
  await writeOperatorKubeconfig(controlPlane, kubeconfig);
  operator = apiFrom(kubeconfig);
  admin = apiFrom(controlPlane.kubeconfigPath);
  reaper = await createReaper(controlPlane);
  await controlPlane.kill('kube-controller-manager', 'SIGKILL');
});
afterAll(async () => {
  await operator.close();
  await admin.close();
  await controlPlane.stop();
  await rm(folder, { recursive: true });
});

/** A binding as the operator makes it, for a grant that is nowhere any more. */
async function bind(end_ms: number, name = 'inc-4711'): Promise<StoredBinding> {
  const wanted = aGrant({ roleRef: { kind: 'ClusterRole', name: 'view' } });
  const grant = { ...wanted, metadata: { ...wanted.metadata, namespace, name, uid: randomUUID() } };
  const [place] = placesOf(grant);
  if (place === undefined) throw new Error('expected a grant to have a place');
  const binding = bindingAt(place, grant, formatTime(end_ms), []);
  return operator.create<StoredBinding>(bindingResource.RoleBinding, namespace, binding);
}

const managed = async (): Promise<readonly StoredBinding[]> =>
  (await admin.list<StoredBinding>(bindingResource.RoleBinding, { labelSelector: managedSelector })).items;

const refOf = ({ metadata: { name } }: StoredBinding) => ({
  resource: bindingResource.RoleBinding,
  namespace,
  name,
});

/** When each binding went, by UID, on this machine's clock, until so many are gone. */
async function watchDeletions(gone: Map<string, number>, count: number): Promise<void> {
  const { resourceVersion } = await admin.list(bindingResource.RoleBinding, { limit: 1 });
  const signal = AbortSignal.timeout(50_000);
  const options = { resourceVersion, labelSelector: managedSelector, timeout_s: 60, signal };
  for await (const event of admin.watch<StoredBinding>(bindingResource.RoleBinding, options)) {
    if (event.type === 'DELETED') gone.set(event.object.metadata.uid, Date.now());
    if (gone.size === count) return;
  }
}

const interval_s = 2;
const burst = 500;
const rounds = process.env['CURFEW_TEST_LONG'] === '1' ? 20 : 3;

describe('the reaper', () => {
  it('finds nothing to do', async () => {
    const { code, lines } = await reaper.once();
    expect(lines).toMatchObject([
      { level: 'info', message: 'nothing is past its end', managed: 0, exitCode: 0 },
    ]);
    expect(code).toBe(0);
  });

  it('deletes what is past its end, tells, and writes its metrics for all to read', async () => {
    const [over, current] = [await bind(Date.now() - 1000), await bind(Date.now() + 60_000)];
    const textfile = join(folder, 'curfew.prom');
    const dry = await reaper.once('--dry-run');
    expect(dry.code).toBe(2);
    expect((await managed()).length).toBe(2);

    const { code, lines } = await reaper.once(`--textfile=${textfile}`);
    expect(code).toBe(2);
    expect(lines).toMatchObject([
      { audit: true, step: 'Reaped', id: over.metadata.uid, subjects: ['alice'] },
      { past: 1, standing: 0, managed: 2, exitCode: 2 },
    ]);
    expect((await managed()).map(({ metadata }) => metadata.uid)).toEqual([current.metadata.uid]);
    expect(await readFile(textfile, 'utf8')).toContain('\ncurfew_reaper_past_bindings 1\n');
    expect((await stat(textfile)).mode & 0o777).toBe(0o644);
    const events = await kubectl(controlPlane, [
      'get',
      'events.events.k8s.io',
      '-n',
      namespace,
      '-o',
      'json',
    ]);
    const told = JSON.parse(events.stdout) as { items: readonly object[] };
    expect(told.items).toMatchObject([{ reason: 'Reaped', regarding: { uid: over.metadata.uid } }]);
    await operator.delete(refOf(current));
  });

  it('leaves a foreign binding alone, whatever label it carries', async () => {
    const metadata = {
      name: 'admins',
      namespace,
      uid: randomUUID(),
      creationTimestamp: new Date().toISOString(),
      labels: { 'app.kubernetes.io/managed-by': 'curfew' },
    };
    // From before the guard, which reserves the label.
    const foreign = { ...(await bind(Date.now() - 1000)), metadata };
    await store(controlPlane, storedBinding(namespace, 'admins'), foreign);
    expect((await reaper.once()).lines.at(-1)).toMatchObject({ past: 1, foreign: 1 });
    expect((await managed()).map((binding) => binding.metadata.name)).toEqual(['admins']);
    await kubectl(controlPlane, ['delete', 'rolebinding', 'admins', '-n', namespace]);
  });

  it('is loud about a binding that finalizers keep: it may not mend that itself', async () => {
    const kept = await bind(Date.now() - 1000);
    const finalizers = ['example.com/mine'];
    await editStoredBinding(controlPlane, namespace, kept.metadata.name, { metadata: { finalizers } });
    const { code, lines } = await reaper.once();
    expect(code).toBe(3);
    expect(lines[0]).toMatchObject({ level: 'error', step: 'Kept', finalizers });
    await kubectl(controlPlane, [
      'patch',
      'rolebinding',
      kept.metadata.name,
      '-n',
      namespace,
      '--type=merge',
      '--patch={"metadata":{"finalizers":null}}',
    ]);
    expect((await reaper.once()).code).toBe(0);
  });

  it.each(Array.from({ length: rounds }, (_, index) => index + 1))(
    `round %i: ends ${burst} bindings within their end, the interval and 2 s, without CRDs, grants or operator`,
    async (round) => {
      const end_ms = Math.ceil(Date.now() / 1000) * 1000 + 20_000;
      const gone = new Map<string, number>();
      const watching = watchDeletions(gone, burst);
      const made = await Promise.all(
        Array.from({ length: burst }, (_, index) => bind(end_ms, `burst-${round}-${index}`)),
      );
      await kubectl(controlPlane, [
        'delete',
        'crd',
        '--ignore-not-found',
        ...crds.map((plural) => `${plural}.curfew.dev`),
      ]);
      expect(Date.now(), 'everything must stand ready before the end').toBeLessThan(end_ms);
      expect((await managed()).length).toBe(burst);

      const running = reaper.again(`--interval=${interval_s}s`);
      await watching;
      const { code, lines } = await running.stop();
      expect(code).toBeLessThanOrEqual(2);
      const looks = lines.filter(({ duration_ms }) => duration_ms !== undefined);
      const late_ms = made.map(({ metadata }) => (gone.get(metadata.uid) ?? Number.NaN) - end_ms);
      console.log(
        `${burst} bindings gone ${Math.min(...late_ms)} to ${Math.max(...late_ms)} ms after their end, interval ${interval_s} s; it looked for ${looks.map(({ duration_ms }) => duration_ms).join(', ')} ms`,
      );
      expect(Math.min(...late_ms), 'none before its end').toBeGreaterThanOrEqual(0);
      expect(Math.max(...late_ms)).toBeLessThanOrEqual(interval_s * 1000 + 2000);
      expect(await managed()).toEqual([]);
    },
  );
});
