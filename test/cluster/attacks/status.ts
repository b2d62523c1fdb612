/** Attempts to write what only the operator writes, in every way in which the API server takes a write. */
import { expect } from 'vitest';
import { applyPatch, type Attacks, decisionOf, jsonPatch, mergePatch, statusPath } from './attempt.ts';
import { grantBody, grantPath } from './objects.ts';
import { bob, mallory } from './people.ts';
import type { Call } from './request.ts';
import type { Scene } from './scene.ts';

const refused = 'only the operator writes the status of a grant';
const pendingPath = (scene: Scene): string => statusPath(scene, scene.grants.Pending);

/** A forged value for every field that is the operator's. A new field without a row fails a test. */
export const forgedFields = {
  phase: 'Active',
  observedGeneration: 7,
  approvals: [{ by: 'bob', time: '2026-01-01T00:00:00Z' }],
  activationTime: '2026-01-01T00:00:00Z',
  expirationTime: '2099-01-01T00:00:00Z',
  ended: { time: '2026-01-01T00:00:00Z', reason: 'Expired' },
  bindings: [{ kind: 'RoleBinding', namespace: 'default', name: 'admin' }],
  policy: { uid: 'somebody', generation: 1 },
  role: { hash: '0'.repeat(32) },
  conditions: [
    {
      type: 'Active',
      status: 'True',
      reason: 'Verified',
      message: 'forged',
      lastTransitionTime: '2026-01-01T00:00:00Z',
      observedGeneration: 1,
    },
  ],
} as const;

const fields: Attacks = {
  attacker: 'somebody who may write the status',
  attempts: Object.entries(forgedFields).map(([field, value]) => ({
    tries: `forge status.${field}`,
    as: mallory,
    call: (scene) => mergePatch(pendingPath(scene), { status: { [field]: value } }),
    refused,
  })),
};

const whole = (scene: Scene, status: object): object => ({
  ...grantBody(scene.grants.Pending.name),
  spec: { ...(grantBody('') as { spec: object }).spec, requester: 'alice' },
  status: { observedGeneration: -1, phase: 'Pending', decisions: [], ...status },
});

const ways: Attacks = {
  attacker: 'an approver',
  attempts: [
    {
      tries: 'set the phase by replacing the status',
      as: bob,
      call: (scene): Call => ({
        method: 'PUT',
        path: pendingPath(scene),
        body: whole(scene, { phase: 'Active' }),
      }),
      refused: /only the operator writes the status of a grant|resourceVersion/,
    },
    {
      tries: 'set the phase by JSON patch',
      as: bob,
      call: (scene) =>
        jsonPatch(pendingPath(scene), [{ op: 'replace', path: '/status/phase', value: 'Active' }]),
      refused,
    },
    ...['kubectl', 'curfew-operator'].map((manager) => ({
      tries: `set the phase by server-side apply, as field manager ${manager}`,
      as: bob,
      call: (scene: Scene): Call =>
        applyPatch(
          pendingPath(scene),
          {
            apiVersion: 'curfew.dev/v1alpha1',
            kind: 'TemporaryAccessGrant',
            metadata: { name: scene.grants.Pending.name },
            status: { phase: 'Active' },
          },
          manager,
        ),
      refused,
    })),
    {
      tries: 'take a field away that the operator wrote',
      as: bob,
      call: (scene) => mergePatch(pendingPath(scene), { status: { observedGeneration: null } }),
      refused,
    },
    {
      tries: 'set the phase along with an honest approval',
      as: bob,
      call: (scene) =>
        jsonPatch(pendingPath(scene), [
          {
            op: 'add',
            path: '/status/decisions/-',
            value: decisionOf(scene.grants.Pending, 'bob', 'Approved'),
          },
          { op: 'replace', path: '/status/phase', value: 'Scheduled' },
        ]),
      refused,
    },
    {
      tries: 'take over the decisions by server-side apply without the old ones',
      as: mallory,
      call: (scene) =>
        applyPatch(
          statusPath(scene, scene.approved),
          {
            apiVersion: 'curfew.dev/v1alpha1',
            kind: 'TemporaryAccessGrant',
            metadata: { name: scene.approved.name },
            status: {
              decisions: [{ uid: scene.approved.uid, by: 'bob', decision: 'Approved', comment: 'yes' }],
            },
          },
          'kubectl',
        ),
      refused: 'append exactly one entry',
    },
    {
      tries: 'bring a final phase back to life, in the name of the operator',
      as: bob,
      call: (scene) => mergePatch(statusPath(scene, scene.grants.Expired), { status: { phase: 'Active' } }),
      refused: /are final: create another grant|only the operator writes/,
    },
    {
      tries: 'send a field that no schema knows',
      as: bob,
      call: (scene) => mergePatch(pendingPath(scene), { status: { approved: true } }),
      harmless: ({ code, body }) => {
        expect(code).toBe(200);
        expect(body.status).not.toHaveProperty('approved');
      },
    },
    {
      tries: 'change labels, annotations and finalizers through /status',
      as: bob,
      call: (scene) =>
        mergePatch(pendingPath(scene), {
          metadata: { labels: { forged: 'yes' }, annotations: { forged: 'yes' }, finalizers: ['a.b/c'] },
        }),
      harmless: ({ body }) => {
        expect(body.metadata.labels).toBeUndefined();
        expect(body.metadata.annotations).toBeUndefined();
        expect(body.metadata.finalizers).toBeUndefined();
      },
    },
    {
      tries: 'delete the status subresource',
      as: mallory,
      call: (scene) => ({ method: 'DELETE', path: pendingPath(scene) }),
      refused: 'delete is not supported',
    },
    {
      tries: 'create a second object through /status of a name that is free',
      as: mallory,
      call: (scene) => ({
        method: 'PUT',
        path: grantPath(scene, 'free', '/status'),
        body: whole({ ...scene, grants: { ...scene.grants, Pending: { name: 'free', uid: '' } } }, {}),
      }),
      refused: 'not found',
    },
  ],
};

export const statusAttacks: readonly Attacks[] = [fields, ways];
