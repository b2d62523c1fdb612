/** Attempts to take away what others asked for, or to leave a binding behind. */
import { expect } from 'vitest';
import type { Attacks } from './attempt.ts';
import { grantPath } from './objects.ts';
import { alice, bob, mallory, nobody } from './people.ts';
import type { Call } from './request.ts';
import type { Scene } from './scene.ts';

const remove =
  (pick: (scene: Scene) => string, options: object = {}, query = '') =>
  (scene: Scene): Call => ({
    method: 'DELETE',
    path: `${grantPath(scene, pick(scene))}${query}`,
    body: { apiVersion: 'v1', kind: 'DeleteOptions', ...options },
  });

export const deleting: Attacks = {
  attacker: 'somebody who may delete grants',
  attempts: [
    ...(['Pending', 'Scheduled', 'Activating', 'Active'] as const).map((phase) => ({
      tries: `delete the grant of somebody else while it is ${phase}`,
      as: mallory,
      call: remove(({ grants }) => grants[phase].name),
      refused: 'mallory may not delete the grant of alice, which ends its access',
    })),
    {
      tries: 'delete all grants of the namespace at once',
      as: nobody,
      call: (scene) => ({
        method: 'DELETE',
        path: `${grantPath(scene)}?fieldSelector=status.phase%3DActive`,
      }),
      refused: 'nobody may not delete the grant of',
    },
    {
      tries: 'leave the binding behind by an orphaning delete of its own grant',
      as: alice,
      call: remove(({ grants }) => grants.Active.name, { propagationPolicy: 'Orphan' }),
      refused: 'deleting a grant must take its binding along',
    },
    {
      tries: 'do so in the query',
      as: alice,
      call: (scene) => ({
        method: 'DELETE',
        path: `${grantPath(scene, scene.grants.Active.name)}?propagationPolicy=Orphan`,
      }),
      refused: 'deleting a grant must take its binding along',
    },
    {
      tries: 'do so in the old way',
      as: alice,
      call: remove(({ grants }) => grants.Active.name, { orphanDependents: true }),
      refused: 'deleting a grant must take its binding along',
    },
    {
      tries: 'tidy up a grant of somebody else that is over, by dry run',
      as: mallory,
      call: remove(({ grants }) => grants.Expired.name, { dryRun: ['All'] }),
      // It ends nothing any more, and the trail is elsewhere: who may tidy up is plain RBAC.
      harmless: ({ code, message }) => expect(code, message).toBe(200),
    },
    {
      tries: 'revoke by deleting, with the right to revoke, by dry run',
      as: bob,
      call: remove(({ grants }) => grants.Active.name, { dryRun: ['All'] }),
      harmless: ({ code, message }) => expect(code, message).toBe(200),
    },
  ],
};
