/**
 * The operator killed with -9 in the middle of a burst of ends, and started again: nothing outlives its end by more than the
 * restart and a few seconds. The bindings themselves are watched, not what the status says of them.
 */
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { bindingResource, grantResource } from '../../src/controller/resources.ts';
import { managedSelector } from '../../src/domain/binding.ts';
import { formatTime } from '../../src/domain/duration.ts';
import type { Grant } from '../../src/domain/grant.ts';
import { createHttpApi, type HttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { apiVersionOf } from '../../src/runtime/resources.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { cluster } from './cluster.ts';
import { operatorKubeconfig } from './operator.ts';

const isLong = process.env['CURFEW_TEST_LONG'] === '1';
const rounds = isLong ? 20 : 2;
/** The API server and etcd have the same two cores, and the bound is the same for both. */
const grants = isLong ? 500 : 200;
/** Past the end and the restart, in milliseconds. */
const bound_ms = 5_000;
/** So many are to be gone when the operator is killed: in the middle. */
const killAfter = grants / 5;
/** Until all are active, on a busy machine. */
const preparation_ms = 35_000;

const home = cluster();
const policy = 'burst';
let api: HttpApi;
let kubeconfig: string;
let operator: OperatorProcess | undefined;

beforeAll(async () => {
  api = createHttpApi({
    connection: loadConnection(home.kubeconfigPath),
    clock: systemClock,
    userAgent: 'curfew-burst-test',
  });
  kubeconfig = await operatorKubeconfig();
  await home.apply({
    apiVersion: 'curfew.dev/v1alpha1',
    kind: 'TemporaryAccessPolicy',
    metadata: { name: policy },
    spec: {
      roles: [{ kind: 'ClusterRole', name: 'view' }],
      duration: { max: '1h' },
      expiration: 'AbsoluteRequired',
      approval: { required: 0 },
    },
  });
});
/** Also after a failure: other files want no operator. */
afterEach(() => operator?.stop('SIGTERM'));
afterAll(async () => {
  await home.kubectl(['delete', 'tapolicy', policy]);
  await api.close();
});

const resource = grantResource.TemporaryAccessGrant;

const ask = (namespace: string, index: number, end_ms: number): Promise<Grant> =>
  api.create<Grant>(resource, namespace, {
    apiVersion: apiVersionOf(resource),
    kind: resource.kind,
    metadata: { name: `burst-${index}`, namespace },
    spec: {
      policyRef: { name: policy },
      roleRef: { kind: 'ClusterRole', name: 'view' },
      notAfter: formatTime(end_ms),
      reason: 'a burst of ends',
    },
  });

/** Follows the bindings of a namespace. */
function follow(namespace: string) {
  const gone_ms: number[] = [];
  let standing = 0;
  const stop = new AbortController();
  const watching = (async () => {
    const options = { namespace, labelSelector: managedSelector, timeout_s: 300, signal: stop.signal };
    const all = { ...options, sendInitialEvents: true };
    for await (const event of api.watch(bindingResource.RoleBinding, all)) {
      if (event.type === 'ADDED') standing += 1;
      if (event.type !== 'DELETED') continue;
      standing -= 1;
      gone_ms.push(Date.now());
    }
  })().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  return {
    gone_ms,
    standing: () => standing,
    end: async () => {
      stop.abort(new Error('seen enough'));
      await watching;
    },
  };
}

it.each(Array.from({ length: rounds }, (_, index) => index + 1))(
  `round %i: ${grants} ends, and the operator killed in the middle`,
  { timeout: 180_000 },
  async () => {
    const namespace = await home.namespace({ prefix: 'burst' });
    const bindings = follow(namespace);
    operator = await startOperator({ kubeconfig });
    const end_ms = Math.ceil(Date.now() / 1000) * 1000 + preparation_ms;
    await Promise.all(Array.from({ length: grants }, (_, index) => ask(namespace, index, end_ms)));
    await home.eventually(() => bindings.standing() === grants, { timeout_ms: preparation_ms });
    expect(Date.now(), 'all must be active before the end').toBeLessThan(end_ms);

    const patience = { timeout_ms: end_ms - Date.now() + 30_000 };
    await home.eventually(() => bindings.gone_ms.length >= killAfter, patience);
    await operator.stop('SIGKILL');
    const left = bindings.standing();
    expect(left, 'the kill must come in the middle').toBeGreaterThan(0);
    operator = await startOperator({ kubeconfig });
    const restarted_ms = Date.now();
    await home.eventually(() => bindings.standing() === 0, { timeout_ms: 30_000 });
    const last_ms = Math.max(...bindings.gone_ms);
    console.log(
      `${left} of ${grants} bindings left at the kill; the last gone ${last_ms - restarted_ms} ms after the restart, ${last_ms - end_ms} ms after the end`,
    );
    expect(last_ms - restarted_ms).toBeLessThanOrEqual(bound_ms);
    expect(bindings.gone_ms.filter((time_ms) => time_ms < end_ms)).toEqual([]);
    await bindings.end();
  },
);
