/** Attempts to approve what one gets oneself: as requester, subject, member of a group, ServiceAccount of the place. */
import { expect } from 'vitest';
import { type Attacks, deciding, decisionOf, jsonPatch, type Pick } from './attempt.ts';
import { clusterGrantPath } from './objects.ts';
import { carol, trent } from './people.ts';
import type { Identity } from './request.ts';
import type { Scene } from './scene.ts';

const pending: Pick = ({ grants }) => grants.Pending;

const oncall: Identity = { user: 'bob', groups: ['oncall', 'system:authenticated'] };

export const ownApproval: Attacks = {
  attacker: 'an approver who would profit',
  attempts: [
    {
      tries: 'approve what it asked for itself',
      as: trent,
      call: deciding(({ special }) => special.ofTrent, 'trent', 'Approved'),
      refused:
        'trent asked for this access or gets it, and policy "attacks-any" forbids to approve one\'s own',
    },
    {
      tries: 'approve what somebody asked for it',
      as: carol,
      call: deciding(({ special }) => special.forCarol, 'carol', 'Approved'),
      refused: 'carol asked for this access or gets it',
    },
    {
      tries: 'approve that under another spelling of its name',
      as: { user: 'CAROL' },
      call: deciding(({ special }) => special.forCarol, 'CAROL', 'Approved'),
      refused: 'CAROL asked for this access or gets it',
    },
    {
      tries: 'approve what a group of its own gets',
      as: oncall,
      call: deciding(({ special }) => special.forOncall, 'bob', 'Approved'),
      // Two policies refuse, and the API server shows one of them.
      refused: /you are a member of a group that this grant gives access to|forbids to approve one's own/,
    },
    {
      tries: 'approve its own where the policy allows that, by dry run',
      as: trent,
      call: (scene) => {
        const call = deciding(({ special }) => special.selfAllowed, 'trent', 'Approved')(scene);
        return { ...call, path: `${call.path}?dryRun=All` };
      },
      // Its owner has decided so.
      harmless: ({ code, message }) => expect(code, message).toBe(200),
    },
    {
      tries: 'approve what a group of its own gets, under a policy that allows self-approval',
      as: oncall,
      call: deciding(({ special }) => special.selfAllowed, 'bob', 'Approved'),
      refused: 'you are a member of a group that this grant gives access to',
    },
  ],
};

interface Places {
  readonly namespace: string;
  readonly elsewhere: string;
}

const onCluster =
  (pick: Pick, { user }: Identity) =>
  (scene: Scene) =>
    jsonPatch(clusterGrantPath(pick(scene).name, '/status'), [
      { op: 'add', path: '/status/decisions/-', value: decisionOf(pick(scene), user, 'Approved') },
    ]);

/** ServiceAccounts carry the name of a namespace that only the scene knows. */
export const serviceAccounts = ({ namespace, elsewhere }: Places): Attacks => {
  const deployer = { user: `system:serviceaccount:${namespace}:deployer` };
  const robot = { user: `system:serviceaccount:${elsewhere}:robot` };
  const refused = 'a ServiceAccount cannot approve access to where it lives';
  return {
    attacker: 'a ServiceAccount that may approve',
    attempts: [
      {
        tries: 'approve a grant of its own namespace',
        as: deployer,
        call: deciding(pending, deployer.user, 'Approved'),
        refused,
      },
      {
        tries: 'approve a cluster grant that reaches its namespace',
        as: deployer,
        call: onCluster(({ inNamespaces }) => inNamespaces, deployer),
        refused,
      },
      {
        tries: 'approve a grant for the whole cluster',
        as: robot,
        call: onCluster(({ inCluster }) => inCluster, robot),
        refused,
      },
      {
        tries: 'approve a grant of another namespace, by dry run',
        as: robot,
        call: (scene) => {
          const call = deciding(pending, robot.user, 'Approved')(scene);
          return { ...call, path: `${call.path}?dryRun=All` };
        },
        // It lives elsewhere and holds the verb: a bot that approves after its own checks is a matter of RBAC.
        harmless: ({ code, message }) => expect(code, message).toBe(200),
      },
    ],
  };
};
