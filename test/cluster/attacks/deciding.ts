/** Attempts of those who decide: for others, twice, too late, without the right. */
import { type Attacks, deciding, decisionOf, jsonPatch, type Pick, statusPath } from './attempt.ts';
import { clusterGrantPath, type Stored } from './objects.ts';
import { alice, bob, carol, dave, frank, mallory } from './people.ts';
import type { Scene } from './scene.ts';

const pending: Pick = ({ grants }) => grants.Pending;
const approved: Pick = ({ approved: grant }) => grant;

const names: Attacks = {
  attacker: 'an approver',
  attempts: [
    {
      tries: 'approve in the name of somebody else',
      as: bob,
      call: deciding(pending, 'carol', 'Approved'),
      refused: 'the by of your decision must be yourself: write by: bob',
    },
    {
      tries: 'approve under another spelling of its name',
      as: bob,
      call: deciding(pending, 'BOB', 'Approved'),
      refused: 'the by of your decision must be yourself: write by: bob',
    },
    {
      tries: 'approve a grant with the UID of another one',
      as: bob,
      call: deciding(pending, 'bob', 'Approved', { uid: '4e9a7a4e-6a0e-4f4e-9b1c-0d6e5a1f2b3c' }),
      refused: 'the uid of your decision is not that of this grant',
    },
    {
      tries: 'approve for two people at once',
      as: bob,
      call: (scene) =>
        jsonPatch(statusPath(scene, scene.grants.Pending), [
          {
            op: 'add',
            path: '/status/decisions/-',
            value: decisionOf(scene.grants.Pending, 'carol', 'Approved'),
          },
          {
            op: 'add',
            path: '/status/decisions/-',
            value: decisionOf(scene.grants.Pending, 'bob', 'Approved'),
          },
        ]),
      refused: 'append exactly one entry',
    },
    {
      tries: 'put the approval of somebody else in front of its own',
      as: bob,
      call: (scene) =>
        jsonPatch(statusPath(scene, scene.approved), [
          { op: 'add', path: '/status/decisions/0', value: decisionOf(scene.approved, 'carol', 'Approved') },
        ]),
      refused: 'the by of your decision must be yourself',
    },
    {
      tries: 'approve again under a name that differs in its case',
      as: { user: 'Bob' },
      call: deciding(approved, 'Bob', 'Approved'),
      refused: 'you have said so already, under this name or another spelling of it',
    },
    {
      tries: 'say the same twice',
      as: bob,
      call: deciding(approved, 'bob', 'Approved'),
      refused: 'Duplicate value',
    },
  ],
};

const edit = (operations: (grant: Stored) => readonly object[]) => (scene: Scene) =>
  jsonPatch(statusPath(scene, scene.approved), operations(scene.approved));

const history: Attacks = {
  attacker: 'somebody who may write the status',
  attempts: [
    {
      tries: "take somebody's approval back",
      as: mallory,
      call: edit(() => [{ op: 'remove', path: '/status/decisions/0' }]),
      refused: 'append exactly one entry',
    },
    {
      tries: 'take its own approval back',
      as: bob,
      call: edit(() => [{ op: 'remove', path: '/status/decisions/0' }]),
      refused: 'append exactly one entry',
    },
    {
      tries: 'turn its own approval into a denial',
      as: bob,
      call: edit(() => [{ op: 'replace', path: '/status/decisions/0/decision', value: 'Denied' }]),
      refused: 'append exactly one entry',
    },
    {
      tries: 'add a comment to what it said',
      as: bob,
      call: edit(() => [{ op: 'add', path: '/status/decisions/0/comment', value: 'only until noon' }]),
      refused: 'append exactly one entry',
    },
    {
      tries: 'replace an approval by its own',
      as: carol,
      call: edit((grant) => [
        { op: 'replace', path: '/status/decisions', value: [decisionOf(grant, 'carol', 'Approved')] },
      ]),
      refused: 'append exactly one entry',
    },
    {
      tries: 'take all decisions away',
      as: mallory,
      call: edit(() => [{ op: 'remove', path: '/status/decisions' }]),
      refused: 'append exactly one entry',
    },
    {
      tries: 'take the whole status away',
      as: mallory,
      call: edit(() => [{ op: 'remove', path: '/status' }]),
      refused: /only the operator writes the status|append exactly one entry/,
    },
    {
      tries: 'approve with an entry that changes an older one beside it',
      as: carol,
      call: edit((grant) => [
        { op: 'replace', path: '/status/decisions/0/decision', value: 'Denied' },
        { op: 'add', path: '/status/decisions/-', value: decisionOf(grant, 'carol', 'Approved') },
      ]),
      refused: 'append exactly one entry',
    },
  ],
};

const rights: Attacks = {
  attacker: 'somebody without the right',
  attempts: [
    {
      tries: 'approve without the verb approve',
      as: mallory,
      call: deciding(pending, 'mallory', 'Approved'),
      refused: 'mallory may not approve or deny under policy "default" in namespace',
    },
    {
      tries: 'deny without the verb approve',
      as: mallory,
      call: deciding(pending, 'mallory', 'Denied'),
      refused: 'mallory may not approve or deny under policy "default"',
    },
    {
      tries: 'revoke without the verb revoke',
      as: mallory,
      call: deciding(({ grants }) => grants.Active, 'mallory', 'Revoked'),
      refused: 'mallory may not revoke under policy "default"',
    },
    {
      tries: 'withdraw what somebody else asked for',
      as: mallory,
      call: deciding(({ grants }) => grants.Active, 'mallory', 'Withdrawn'),
      refused: 'only the requester or a subject withdraws a grant',
    },
    {
      tries: 'approve here with a right that holds in another namespace',
      as: dave,
      call: deciding(pending, 'dave', 'Approved'),
      refused: 'dave may not approve or deny under policy "default"',
    },
    {
      tries: 'approve under this policy with a right on another one',
      as: frank,
      call: deciding(pending, 'frank', 'Approved'),
      refused: 'frank may not approve or deny under policy "default"',
    },
    {
      tries: 'approve a cluster grant with a right in the namespace that it reaches',
      as: dave,
      call: ({ inNamespaces }) =>
        jsonPatch(clusterGrantPath(inNamespaces.name, '/status'), [
          { op: 'add', path: '/status/decisions/-', value: decisionOf(inNamespaces, 'dave', 'Approved') },
        ]),
      refused: 'dave may not approve or deny under policy "default" in the whole cluster',
    },
  ],
};

const moments: Attacks = {
  attacker: 'somebody who is too late',
  attempts: [
    ...(['Activating', 'Active'] as const).flatMap((phase) =>
      (['Approved', 'Denied'] as const).map((decision) => ({
        tries: `write ${decision} while the grant is ${phase}`,
        as: bob,
        call: deciding(({ grants }) => grants[phase], 'bob', decision),
        refused: 'the access has begun: to end it, write Revoked',
      })),
    ),
    ...(['Expired', 'Denied', 'Withdrawn', 'Revoked'] as const).flatMap((phase) => [
      {
        tries: `approve a grant that is ${phase}`,
        as: bob,
        call: deciding(({ grants }) => grants[phase], 'bob', 'Approved'),
        refused: `the grant is ${phase}: there is nothing left to decide`,
      },
      {
        tries: `revoke a grant that is ${phase}, so that its end reads differently`,
        as: bob,
        call: deciding(({ grants }) => grants[phase], 'bob', 'Revoked'),
        refused: `the grant is ${phase}: there is nothing left to decide`,
      },
    ]),
    {
      tries: 'withdraw a grant that is over',
      as: alice,
      call: deciding(({ grants }) => grants.Expired, 'alice', 'Withdrawn'),
      refused: 'the grant is Expired: there is nothing left to decide',
    },
  ],
};

export const decidingAttacks: readonly Attacks[] = [names, history, rights, moments];
