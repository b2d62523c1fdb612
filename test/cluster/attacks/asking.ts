/** Attempts of those who ask: in the name of others, for others, in places and under policies that are not theirs. */
import { expect } from 'vitest';
import { applyPatch, type Attacks, mergePatch } from './attempt.ts';
import { clusterGrantBody, clusterGrantPath, grantBody, grantPath } from './objects.ts';
import { alice, dave, frank, mallory, nobody, star, trent } from './people.ts';
import type { Answer, Call } from './request.ts';
import type { Scene } from './scene.ts';

const ask =
  (spec: object, metadata: object = {}) =>
  (scene: Scene): Call => ({
    method: 'POST',
    path: grantPath(scene),
    body: grantBody(`asked-${Math.random().toString(36).slice(2)}`, spec, metadata),
  });
const askIn =
  (namespace: string | ((scene: Scene) => string), spec: object = {}) =>
  (scene: Scene): Call => ({
    method: 'POST',
    path: grantPath({ namespace: typeof namespace === 'string' ? namespace : namespace(scene) }),
    body: grantBody('asked-elsewhere', spec),
  });
const askCluster =
  (spec: object) =>
  (scene: Scene): Call => ({
    method: 'POST',
    path: clusterGrantPath(),
    body: clusterGrantBody(`asked-${scene.namespace}`, spec),
  });
const user = (name: string): object => ({ kind: 'User', name });

/** Where the API server stamps the requester the forgery is overwritten, where it does not refused. */
const isRefusedOr =
  (words: RegExp, check: (answer: Answer) => void) =>
  (answer: Answer): void => {
    if (answer.code >= 400) expect(answer.message).toMatch(words);
    else check(answer);
  };

const fresh = { observedGeneration: -1, phase: 'Pending', decisions: [] };
const isPlainlyOf = (name: string) =>
  isRefusedOr(/spec\.requester must be the user that creates the grant/, ({ body }) => {
    expect(body.spec.requester).toBe(name);
    expect(body.status).toEqual(fresh);
  });
const asksStill = (name: string) =>
  isRefusedOr(/spec is immutable/, ({ body }) => expect(body.spec.requester).toBe(name));

const forbidden = ['kube-system', 'kube-public', 'kube-node-lease', 'curfew-system'];

const identities: Attacks = {
  attacker: 'a requester',
  attempts: [
    {
      tries: 'create a grant in the name of somebody else',
      as: mallory,
      call: ask({ requester: 'alice' }),
      harmless: isPlainlyOf('mallory'),
    },
    {
      tries: 'create one in another name by server-side apply',
      as: mallory,
      call: (scene) =>
        applyPatch(grantPath(scene, 'applied'), grantBody('applied', { requester: 'alice' }), 'kubectl'),
      harmless: isPlainlyOf('mallory'),
    },
    {
      tries: 'bring phase, times, approvals and decisions along at creation',
      as: mallory,
      call: (scene) => {
        const status = {
          phase: 'Active',
          activationTime: '2026-01-01T00:00:00Z',
          expirationTime: '2099-01-01T00:00:00Z',
          approvals: [{ by: 'bob', time: '2026-01-01T00:00:00Z' }],
          decisions: [{ uid: 'any', by: 'bob', decision: 'Approved' }],
        };
        return { method: 'POST', path: grantPath(scene), body: { ...grantBody('finished'), status } };
      },
      harmless: isPlainlyOf('mallory'),
    },
    {
      tries: 'write itself as the requester of a grant of somebody else',
      as: mallory,
      call: (scene) =>
        mergePatch(grantPath(scene, scene.grants.Pending.name), { spec: { requester: 'mallory' } }),
      harmless: asksStill('alice'),
    },
    {
      tries: 'take the requester off, so that nobody is kept from approving',
      as: mallory,
      call: (scene) => mergePatch(grantPath(scene, scene.grants.Pending.name), { spec: { requester: null } }),
      harmless: asksStill('alice'),
    },
    {
      tries: 'put the status in place through the main resource',
      as: mallory,
      call: (scene) =>
        mergePatch(grantPath(scene, scene.grants.Pending.name), { status: { phase: 'Active' } }),
      harmless: ({ body }) => expect(body.status.phase).toBe('Pending'),
    },
  ],
};

const whom: readonly (readonly [string, readonly object[]])[] = [
  ['somebody else', [user('bob')]],
  ['a group', [{ kind: 'Group', name: 'everybody' }]],
  ['a group that is called like itself', [{ kind: 'Group', name: 'mallory' }]],
  ['a ServiceAccount', [{ kind: 'ServiceAccount', name: 'deployer', namespace: 'default' }]],
  ['itself and one more', [user('mallory'), user('bob')]],
  ['another spelling of itself', [user('Mallory')]],
];

const others: Attacks = {
  attacker: 'a requester without the verb request-for',
  attempts: whom.map(([who, subjects]) => ({
    tries: `ask for ${who}`,
    as: mallory,
    // A policy that lets anybody be named: it is the right that is missing.
    call: ask({ subjects, policyRef: { name: 'attacks-any' } }),
    refused: 'mallory may not request access for others under policy "attacks-any" in namespace',
  })),
};

const places: Attacks = {
  attacker: 'a requester out of place',
  attempts: [
    ...forbidden.map((namespace) => ({
      tries: `ask in ${namespace}, although it holds every right`,
      as: star,
      call: askIn(namespace),
      refused: `temporary access is not given in namespace ${namespace}`,
    })),
    {
      tries: 'reach kube-system by a cluster grant',
      as: star,
      call: askCluster({ scope: 'Namespaces', namespaces: ['default', 'kube-system'] }),
      refused: 'temporary access is not given in namespace kube-system',
    },
    {
      tries: 'ask without the verb request',
      as: nobody,
      call: ask({}),
      refused: 'nobody may not request access under policy "default" in namespace',
    },
    {
      tries: 'ask here with a right that holds elsewhere',
      as: dave,
      call: ask({}),
      refused: 'dave may not request access under policy "default"',
    },
    {
      tries: 'ask for the whole cluster with a right that holds in a namespace',
      as: dave,
      call: askCluster({ scope: 'Cluster' }),
      refused: 'dave may not request access under policy "default" in the whole cluster',
    },
    {
      tries: 'ask for several namespaces with a right in one of them',
      as: dave,
      call: (scene) => askCluster({ scope: 'Namespaces', namespaces: [scene.elsewhere] })(scene),
      refused: 'dave may not request access under policy "default" in the whole cluster',
    },
    {
      tries: 'ask under the default policy by naming none, with a right on another one',
      as: frank,
      call: ask({}),
      refused: 'frank may not request access under policy "default"',
    },
    {
      tries: 'ask under the default policy by an empty reference',
      as: frank,
      call: ask({ policyRef: {} }),
      refused: 'frank may not request access under policy "default"',
    },
    {
      tries: 'ask under a policy that does not exist',
      as: frank,
      call: ask({ policyRef: { name: 'attacks-none' } }),
      refused: 'frank may not request access under policy "attacks-none"',
    },
    {
      tries: 'ask in a namespace in which RBAC gives it nothing',
      as: alice,
      call: askIn((scene) => scene.elsewhere),
      refused: /cannot create resource "temporaryaccessgrants"/,
    },
    ...['curfew-operator', 'curfew-operator-grantable-roles', 'curfew-reaper'].map((name) => ({
      tries: `ask for ${name}, under a policy that offers every role`,
      as: trent,
      call: ask({ policyRef: { name: 'attacks-any' }, roleRef: { kind: 'ClusterRole', name } }),
      refused: 'the roles of Curfew itself are never given',
    })),
  ],
};

export const asking: readonly Attacks[] = [identities, others, places];
