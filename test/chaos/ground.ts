/**
 * Access that begins by itself, because its policy needs nobody's approval, and ends at a set moment; and when it really ended,
 * by the API server's own audit log. For tests that ask what trouble does to ends.
 *
 * Must not know what goes wrong.
 */
import { bindingResource, grantResource } from '../../src/controller/resources.ts';
import { bindingName, managedSelector, type StoredBinding } from '../../src/domain/binding.ts';
import { formatTime } from '../../src/domain/duration.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { GrantSpec } from '../../src/domain/schema/grant-spec.ts';
import { createHttpApi, type HttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { apiVersionOf } from '../../src/runtime/resources.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { type AuditLine, auditOf } from '../cluster/audit-log.ts';
import { type ChaosCluster, startChaosCluster } from './chaos-cluster.ts';

/** A namespace of one's own in which access is asked for. */
export interface Plot {
  readonly namespace: string;
  /** Asks for so many accesses until then; their names. */
  readonly ask: (
    prefix: string,
    count: number,
    end_ms: number,
    spec?: Partial<GrantSpec>,
  ) => Promise<readonly string[]>;
  readonly grants: (names: readonly string[]) => Promise<readonly Grant[]>;
  /** Resolves when all are in this phase. @throws Error that says which are in another */
  readonly reach: (phase: string, names: readonly string[], timeout_ms?: number) => Promise<readonly Grant[]>;
  /** The bindings of these that stand. */
  readonly bindings: (names: readonly string[]) => Promise<readonly StoredBinding[]>;
  /**
   * When the binding of each was gone, in milliseconds past its end: the first answer that says so, since one whose connection
   * breaks is none. @throws Error where nobody was told so
   */
  readonly lags_ms: (names: readonly string[]) => Promise<readonly number[]>;
  /** The requests that anybody has made about bindings of this namespace and that had effect. */
  readonly writes: (verb: 'create' | 'update' | 'delete') => Promise<readonly AuditLine[]>;
}

export interface Ground {
  readonly home: ChaosCluster;
  /** As the admin. */
  readonly api: HttpApi;
  readonly plot: () => Promise<Plot>;
  readonly close: () => Promise<void>;
}

const policyName = 'by-itself';
const resource = grantResource.TemporaryAccessGrant;

export const byItself: object = {
  apiVersion: 'curfew.dev/v1alpha1',
  kind: 'TemporaryAccessPolicy',
  metadata: { name: policyName },
  spec: {
    roles: [{ kind: 'ClusterRole', name: 'view' }],
    duration: { max: '1h' },
    expiration: 'AbsoluteRequired',
    approval: { required: 0 },
  },
};

/** A moment so many seconds from now, in milliseconds: ends have whole seconds. */
export const inSeconds = (seconds: number): number => Math.ceil(Date.now() / 1000 + seconds) * 1000;

/** Starts a control plane, and makes the policy. Whoever opens it closes it. */
export async function openGround(): Promise<Ground> {
  const home = await startChaosCluster();
  const connection = loadConnection(home.kubeconfigPath);
  const api = createHttpApi({ connection, clock: systemClock, userAgent: 'curfew-chaos-test' });
  await home.apply(byItself);
  return {
    home,
    api,
    plot: async () => plotIn(home, api, await home.namespace({ prefix: 'chaos' })),
    close: async () => {
      await api.close();
      await home.stop();
    },
  };
}

function plotIn(home: ChaosCluster, api: HttpApi, namespace: string): Plot {
  const grants: Plot['grants'] = async (names) => {
    const { items } = await api.list<Grant>(resource, { namespace });
    return items.filter(({ metadata }) => names.includes(metadata.name));
  };
  const requests = async (verb: string): Promise<readonly AuditLine[]> => {
    const lines = await auditOf(home, 0, '"rolebindings"', `"${verb}"`, namespace);
    return lines.filter((line) => line.verb === verb && line.objectRef?.namespace === namespace);
  };
  return {
    namespace,
    grants,
    writes: async (verb) =>
      (await requests(verb)).filter(({ responseStatus: { code = 500 } = {} }) => code < 300),
    ask: async (prefix, count, end_ms, spec = {}) => {
      const names = Array.from({ length: count }, (_, index) => `${prefix}-${index}`);
      await Promise.all(
        names.map((name) => api.create<Grant>(resource, namespace, grant(name, end_ms, spec))),
      );
      return names;
    },
    reach: (phase, names, timeout_ms = 15_000) =>
      home.eventually(
        async () => {
          const found = await grants(names);
          const others = found.filter(({ status }) => status.phase !== phase);
          if (found.length === names.length && others.length === 0) return found;
          const words = others.map(({ metadata, status }) => `${metadata.name} ${status.phase}`).join(', ');
          throw new Error(`${found.length} of ${names.length} grants; not ${phase}: ${words}`);
        },
        { timeout_ms },
      ),
    bindings: async (names) => {
      const wanted = new Set((await grants(names)).map(bindingName));
      const selection = { namespace, labelSelector: managedSelector };
      const { items } = await api.list<StoredBinding>(bindingResource.RoleBinding, selection);
      return items.filter(({ metadata }) => wanted.has(metadata.name));
    },
    lags_ms: async (names) => {
      const deletions = await requests('delete');
      return (await grants(names)).map((ended) => {
        const name = bindingName(ended);
        const gone = deletions.filter(({ objectRef, responseStatus: { code = 0 } = {} }) => {
          return objectRef?.name === name && (code === 200 || code === 404);
        });
        if (gone.length === 0) throw new Error(`expected somebody to have deleted ${name}, nobody has`);
        const times_ms = gone.map(({ stageTimestamp = '' }) => Date.parse(stageTimestamp));
        return Math.min(...times_ms) - Date.parse(ended.status.expirationTime ?? '');
      });
    },
  };
}

const grant = (name: string, end_ms: number, spec: Partial<GrantSpec>): object => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  metadata: { name },
  spec: {
    policyRef: { name: policyName },
    roleRef: { kind: 'ClusterRole', name: 'view' },
    notAfter: formatTime(end_ms),
    reason: 'an end in the middle of trouble',
    ...spec,
  },
});

/** The longest of some times, rounded, for a line that tells what was measured. */
export const longest_ms = (times_ms: readonly number[]): number => Math.round(Math.max(...times_ms));
