/** Attempts with the tokens of operator and reaper on everything but bindings. */
import { type Attacks, decisionOf, jsonPatch, mergePatch, statusPath } from './attempt.ts';
import { create, rbac } from './foreign-binding.ts';
import {
  clusterBindingPath,
  clusterGrantBody,
  clusterGrantPath,
  grantPath,
  markedBinding,
} from './objects.ts';
import { operator, reaper } from './people.ts';
import type { Call } from './request.ts';

export const otherRights: Attacks = {
  attacker: "a thief of the operator's token",
  attempts: [
    {
      tries: 'approve in the name of somebody',
      as: operator,
      call: (scene) =>
        mergePatch(statusPath(scene, scene.grants.Pending), {
          status: { decisions: [decisionOf(scene.grants.Pending, 'bob', 'Approved')] },
        }),
      refused: 'the operator never writes decisions',
    },
    {
      tries: 'take decisions away',
      as: operator,
      call: (scene) => mergePatch(statusPath(scene, scene.approved), { status: { decisions: [] } }),
      refused: 'the operator never writes decisions',
    },
    {
      tries: 'move the end of what has begun',
      as: operator,
      call: (scene) =>
        jsonPatch(statusPath(scene, scene.timed), [
          { op: 'replace', path: '/status/expirationTime', value: '2199-01-01T00:00:00Z' },
        ]),
      refused: 'expirationTime is set once and never changes',
    },
    {
      tries: 'bring back to life what is over',
      as: operator,
      call: (scene) => mergePatch(statusPath(scene, scene.grants.Expired), { status: { phase: 'Active' } }),
      refused: 'are final: create another grant',
    },
    {
      tries: 'ask for itself',
      as: operator,
      call: (scene) => ({
        method: 'POST',
        path: clusterGrantPath(),
        body: clusterGrantBody(`own-${scene.namespace}`, {
          scope: 'Cluster',
          subjects: [{ kind: 'User', name: 'eve' }],
        }),
      }),
      refused: /curfew-operator may not request access|gives access to the requester only/,
    },
    {
      tries: 'ask with the mark of a probe, but for good',
      as: operator,
      call: (scene) => {
        const body = clusterGrantBody(`own-${scene.namespace}`, {
          scope: 'Cluster',
          subjects: [{ kind: 'User', name: 'eve' }],
        }) as { metadata: object };
        const annotations = { 'curfew.dev/probe': 'curfew-upkeep' };
        return {
          method: 'POST',
          path: clusterGrantPath(),
          body: { ...body, metadata: { ...body.metadata, annotations } },
        };
      },
      refused: /curfew-operator may not request access|gives access to the requester only/,
    },
    {
      tries: 'delete a grant, and with it what it says',
      as: operator,
      call: (scene) => ({ method: 'DELETE', path: grantPath(scene, scene.grants.Pending.name) }),
      refused: /cannot delete resource "temporaryaccessgrants"/,
    },
    ...[
      ['read Secrets', 'GET', '/api/v1/namespaces/curfew-system/secrets'],
      ['mint tokens', 'POST', '/api/v1/namespaces/curfew-system/serviceaccounts/curfew-operator/token'],
      [
        'unbind the guard',
        'DELETE',
        '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings/curfew-decisions',
      ],
      ['open policies', 'DELETE', '/apis/curfew.dev/v1alpha1/temporaryaccesspolicies/default'],
      ['escalate its role', 'DELETE', `/apis/${rbac}/v1/clusterroles/curfew-operator-grantable-roles`],
    ].map(([tries = '', method = 'GET', path = '']) => ({
      tries,
      as: operator,
      call: (): Call => ({
        method: method as Call['method'],
        path,
        ...(method === 'POST' ? { body: {} } : {}),
      }),
      refused: /forbidden: User "system:serviceaccount:curfew-system:curfew-operator" cannot/,
    })),
  ],
};

export const stolenReaper: Attacks = {
  attacker: "a thief of the reaper's token",
  attempts: [
    {
      tries: 'delete the binding of cluster-admin',
      as: reaper,
      call: () => ({ method: 'DELETE', path: clusterBindingPath('cluster-admin') }),
      refused: /operator and reaper delete no bindings but those of Curfew|cannot delete resource/,
    },
    {
      tries: 'bind anything',
      as: reaper,
      call: create(({ grants }) => markedBinding(grants.Active)),
      refused: /cannot create resource "rolebindings"/,
    },
    {
      tries: 'write the status of a grant',
      as: reaper,
      call: (scene) => mergePatch(statusPath(scene, scene.grants.Pending), { status: { phase: 'Active' } }),
      refused: /cannot patch resource/,
    },
  ],
};
