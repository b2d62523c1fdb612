/** Attempts to change what was asked for, after others have looked at it. */
import { expect } from 'vitest';
import { applyPatch, type Attacks, mergePatch } from './attempt.ts';
import { grantBody, grantPath } from './objects.ts';
import { alice } from './people.ts';
import type { Call } from './request.ts';
import { phases, type Scene } from './scene.ts';

const user = (name: string): object => ({ kind: 'User', name });

export const editing: Attacks = {
  attacker: 'a requester whose grant others have looked at',
  attempts: [
    ...phases.map((phase) => ({
      tries: `ask for more time while it is ${phase}`,
      as: alice,
      call: (scene: Scene): Call =>
        mergePatch(grantPath(scene, scene.grants[phase].name), { spec: { duration: '8h' } }),
      refused: 'spec is immutable',
    })),
    {
      tries: 'swap the role by server-side apply',
      as: alice,
      call: (scene) =>
        applyPatch(
          grantPath(scene, scene.approved.name),
          grantBody(scene.approved.name, { roleRef: { kind: 'ClusterRole', name: 'view' } }),
          'kubectl',
        ),
      refused: 'spec is immutable',
    },
    {
      tries: 'swap the role through /status',
      as: alice,
      call: (scene) =>
        mergePatch(grantPath(scene, scene.approved.name, '/status'), {
          spec: { roleRef: { kind: 'ClusterRole', name: 'view' } },
        }),
      harmless: ({ body }) => expect(body.spec.roleRef.name).toBe('edit'),
    },
    {
      tries: 'add somebody after the approval',
      as: alice,
      call: (scene) =>
        mergePatch(grantPath(scene, scene.approved.name), {
          spec: { subjects: [user('alice'), user('eve')] },
        }),
      refused: 'spec is immutable',
    },
    {
      tries: 'take the whole spec away',
      as: alice,
      call: (scene) => mergePatch(grantPath(scene, scene.approved.name), { spec: null }),
      refused: /spec/,
    },
  ],
};
