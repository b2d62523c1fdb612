/**
 * Where one scenario is played: a namespace, with a policy and a role of its own for those who want them, and what alice,
 * bob and the cluster's owner do there, in the words of the scenarios.
 *
 * Must not know any scenario.
 */
import type { StoredBinding } from '../../../src/domain/binding.ts';
import type { PolicyRule } from '../../../src/domain/review.ts';
import type { GrantSpec } from '../../../src/domain/schema/grant-spec.ts';
import type { PolicySpec } from '../../../src/domain/schema/policy-spec.ts';
import type { Cluster } from '../cluster.ts';
import { eventually } from '../eventually.ts';
import type { EventObject } from '../grants.ts';
import type { RawHttp } from '../raw-http.ts';
import { createGrant, type Life } from './life.ts';
import type { Recorder } from './recorder.ts';
import { put, rbac, rbacPath } from './rest.ts';
import { invite, may } from './rights.ts';

export interface Theatre {
  readonly home: Cluster;
  readonly http: RawHttp;
  readonly recorder: Recorder;
  /** What happens while no operator runs. Resolves when one runs again. */
  readonly whileDown: (act: () => Promise<void>) => Promise<void>;
}

export interface Stage extends Theatre {
  readonly namespace: string;
  /** To spread into the spec of a grant: names the stage's own policy, which need not exist. */
  readonly underOwnPolicy: Pick<GrantSpec, 'policyRef'>;
  /** The same for its own role, a ClusterRole. */
  readonly ofOwnRole: Pick<GrantSpec, 'roleRef'>;
  /** Writes the stage's own policy: edit, view and the own role for an hour at most, unless told otherwise. */
  readonly writePolicy: (spec?: Partial<PolicySpec>) => Promise<void>;
  readonly deletePolicy: () => Promise<void>;
  /** Writes the stage's own role. */
  readonly writeRole: (rules?: readonly PolicyRule[]) => Promise<void>;
  readonly deleteRole: () => Promise<void>;
  /** The operator may bind the own role from now on. */
  readonly allowBinding: () => Promise<void>;
  /** alice asks, for an hour of ClusterRole edit unless told otherwise. */
  readonly ask: (spec?: Partial<GrantSpec>, as?: 'alice' | 'alba' | 'gwen') => Promise<Life>;
  /** alice asks, bob approves, and the access is proved. */
  readonly active: (spec?: Partial<GrantSpec>) => Promise<Life>;
  /** dora, who may, asks for view in these namespaces. */
  readonly askInNamespaces: (namespaces: readonly string[], spec?: object) => Promise<Life>;
  /** A further namespace. */
  readonly namespaceBeside: (name?: string) => Promise<string>;
  /** Whether the API server lets alice write configmaps here. */
  readonly aliceMayWork: () => Promise<boolean>;
  /** The bindings that Curfew made in a namespace, this one unless told otherwise. */
  readonly bindings: (namespace?: string) => Promise<readonly StoredBinding[]>;
  readonly events: (name: string) => Promise<readonly EventObject[]>;
}

const configMaps: readonly PolicyRule[] = [
  { apiGroups: [''], resources: ['configmaps'], verbs: ['get', 'create'] },
];

/** The latest of now and a moment `seconds` ahead, as specs have it. */
export const inSeconds = (seconds: number): string =>
  `${new Date(Date.now() + seconds * 1000).toISOString().slice(0, 19)}Z`;

/** Sets a stage: a fresh namespace in which alice, alba and gwen may ask, and bob, carol and dave may approve and revoke. */
export async function setStage(theatre: Theatre): Promise<Stage> {
  const { http } = theatre;
  const namespaceBeside: Stage['namespaceBeside'] = async (
    name = `scene-${Math.random().toString(36).slice(2, 12)}`,
  ) => {
    await http.insist({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } });
    return name;
  };
  const namespace = await namespaceBeside();
  await invite(http, namespace);
  const policyPath = `/apis/curfew.dev/v1alpha1/temporaryaccesspolicies/${namespace}`;
  const rolePath = `${rbacPath}/clusterroles/${namespace}`;
  const ownRole = { kind: 'ClusterRole', name: namespace } as const;
  const writeClusterRole = (name: string, rules: readonly PolicyRule[]): Promise<object> =>
    put(http, `${rbacPath}/clusterroles/${name}`, {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRole',
      metadata: { name },
      rules,
    });

  const ask: Stage['ask'] = (spec = {}, as = 'alice') =>
    createGrant(stage, {
      kind: 'TemporaryAccessGrant',
      namespace,
      as,
      spec: {
        roleRef: { kind: 'ClusterRole', name: 'edit' },
        reason: 'INC-4711: the payment queue is stuck',
        ...(spec.notAfter === undefined ? { duration: '1h' } : {}),
        ...spec,
      },
    });
  const stage: Stage = {
    ...theatre,
    namespace,
    namespaceBeside,
    underOwnPolicy: { policyRef: { name: namespace } },
    ofOwnRole: { roleRef: ownRole },
    writePolicy: async (spec = {}) => {
      const roles = ['edit', 'view'].map((name) => ({ kind: 'ClusterRole', name }));
      await put(http, policyPath, {
        apiVersion: 'curfew.dev/v1alpha1',
        kind: 'TemporaryAccessPolicy',
        metadata: { name: namespace },
        spec: { roles: [...roles, ownRole], duration: { max: '1h' }, ...spec },
      });
    },
    deletePolicy: async () => void (await http.insist({ method: 'DELETE', path: policyPath })),
    writeRole: async (rules = configMaps) => void (await writeClusterRole(namespace, rules)),
    deleteRole: async () => void (await http.insist({ method: 'DELETE', path: rolePath })),
    allowBinding: async () => {
      const name = `${namespace}-bindable`;
      const resourceNames = [namespace];
      await writeClusterRole(name, [
        { apiGroups: [rbac], resources: ['clusterroles'], verbs: ['bind'], resourceNames },
      ]);
      await put(http, `${rbacPath}/clusterrolebindings/${name}`, {
        apiVersion: `${rbac}/v1`,
        kind: 'ClusterRoleBinding',
        metadata: { name },
        roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
        subjects: [{ kind: 'ServiceAccount', name: 'curfew-operator', namespace: 'curfew-system' }],
      });
      const rule = { group: rbac, resource: 'clusterroles', verb: 'bind', name: namespace };
      await eventually(() => may(http, 'system:serviceaccount:curfew-system:curfew-operator', rule));
    },
    ask,
    active: async (spec) => {
      const life = await ask(spec);
      await life.say('bob', 'Approved');
      await life.shows('access proved');
      return life;
    },
    askInNamespaces: (namespaces, spec = {}) =>
      createGrant(stage, {
        kind: 'ClusterTemporaryAccessGrant',
        as: 'dora',
        spec: {
          scope: 'Namespaces',
          namespaces,
          roleRef: { kind: 'ClusterRole', name: 'view' },
          duration: '1h',
          reason: 'a look at several namespaces',
          ...spec,
        },
      }),
    aliceMayWork: () => may(http, 'alice', { namespace, verb: 'create', resource: 'configmaps' }),
    bindings: async (where = namespace) => {
      const selector = 'labelSelector=app.kubernetes.io/managed-by%3Dcurfew';
      const path = `${rbacPath}/namespaces/${where}/rolebindings?${selector}`;
      return (await http.insist<{ items: StoredBinding[] }>({ method: 'GET', path })).items;
    },
    events: async (name) => {
      const path = `/apis/events.k8s.io/v1/namespaces/${namespace}/events`;
      const { items } = await http.insist<{ items: EventObject[] }>({ method: 'GET', path });
      return items.filter(({ regarding }) => regarding.name === name);
    },
  };
  return stage;
}
