/** Attempts with the tokens of operator and reaper: what they may do is little, and of that the guard leaves less. */
import type { Attacks } from './attempt.ts';
import { create, plain, role, subject } from './foreign-binding.ts';
import { type BindingChanges, bindingPath, clusterBindingPath, markedBinding } from './objects.ts';
import { operator } from './people.ts';
import type { Call } from './request.ts';
import type { Scene } from './scene.ts';

const account = (namespace: string): object => ({ kind: 'ServiceAccount', name: 'default', namespace });
const bind = (changes: BindingChanges) => create(({ grants }) => markedBinding(grants.Active, changes));
const withMeta = (metadata: object) => create(({ grants }) => markedBinding(grants.Pending, { metadata }));
const oneGrantEach = 'the operator makes bindings only for one grant each';
const ownRoles = "the operator never gives Curfew's own roles";
const itsPeople = 'the operator gives nothing to users, groups and ServiceAccounts of Kubernetes itself';

export const stolenToken: Attacks = {
  attacker: "a thief of the operator's token",
  attempts: [
    {
      tries: 'bind a role that is not listed',
      as: operator,
      call: bind({ roleRef: role('cluster-admin') }),
      refused: /attempting to grant RBAC permissions not currently held/,
    },
    {
      tries: 'bind without marks',
      as: operator,
      call: create(plain({ name: 'quiet' })),
      refused: oneGrantEach,
    },
    {
      tries: 'bind in the whole cluster without marks',
      as: operator,
      call: create(plain({ name: 'quiet' }), true),
      refused: oneGrantEach,
    },
    {
      tries: 'bind under a name of its own',
      as: operator,
      call: withMeta({ name: 'curfew:other:uid' }),
      refused: oneGrantEach,
    },
    {
      tries: 'bind without an owner',
      as: operator,
      call: withMeta({ ownerReferences: [] }),
      refused: oneGrantEach,
    },
    {
      tries: 'bind with an owner that never goes',
      as: operator,
      call: (scene) =>
        withMeta({
          ownerReferences: [
            {
              apiVersion: 'v1',
              kind: 'Namespace',
              name: scene.grants.Pending.name,
              uid: scene.grants.Pending.uid,
            },
          ],
        })(scene),
      refused: oneGrantEach,
    },
    {
      tries: 'bind with two owners',
      as: operator,
      call: (scene) => {
        const { name, uid } = scene.grants.Pending;
        const own = { apiVersion: 'curfew.dev/v1alpha1', kind: 'TemporaryAccessGrant', name, uid };
        return withMeta({
          ownerReferences: [own, { apiVersion: 'v1', kind: 'Namespace', name: 'default', uid: 'x' }],
        })(scene);
      },
      refused: oneGrantEach,
    },
    {
      tries: 'bind under the label of another grant',
      as: operator,
      call: withMeta({
        labels: { 'app.kubernetes.io/managed-by': 'curfew', 'curfew.dev/grant-uid': 'other' },
      }),
      refused: oneGrantEach,
    },
    {
      tries: 'bind without the label by which it is found',
      as: operator,
      call: (scene) => withMeta({ labels: { 'curfew.dev/grant-uid': scene.grants.Pending.uid } })(scene),
      refused: oneGrantEach,
    },
    {
      tries: 'bind without an end',
      as: operator,
      call: withMeta({ annotations: {} }),
      refused: 'the operator makes no binding without an end',
    },
    {
      tries: 'bind with an end that nobody can read',
      as: operator,
      call: withMeta({ annotations: { 'curfew.dev/expires-at': 'never' } }),
      refused: 'the operator makes no binding without an end',
    },
    {
      tries: 'bind with a finalizer',
      as: operator,
      call: withMeta({ finalizers: ['example.com/keep'] }),
      refused: 'the operator makes no binding with finalizers',
    },
    ...[
      subject('Group', 'system:authenticated'),
      subject('Group', 'system:serviceaccounts'),
      subject('User', 'system:anonymous'),
      subject('User', operator.user),
      account('kube-system'),
      account('curfew-system'),
    ].map((who) => ({
      tries: `bind ${Object.values(who).join(' ')}`,
      as: operator,
      call: bind({ subjects: [who] }),
      refused: itsPeople,
    })),
    ...['kube-system', 'curfew-system'].map((namespace) => ({
      tries: `bind in ${namespace}`,
      as: operator,
      call: (scene: Scene): Call => ({
        method: 'POST',
        path: bindingPath(namespace),
        body: markedBinding(scene.grants.Active),
      }),
      refused: 'the operator gives no access in',
    })),
    ...['curfew-operator', 'curfew-operator-grantable-roles'].map((name) => ({
      tries: `give away ${name}, whose rights it holds itself`,
      as: operator,
      call: bind({ roleRef: role(name) }),
      refused: ownRoles,
    })),
    {
      tries: 'change a binding that is not its own',
      as: operator,
      call: (scene) => ({
        method: 'PUT',
        path: bindingPath(scene.namespace, 'foreign'),
        body: { ...plain({ name: 'foreign' }), subjects: [subject('User', 'eve')] },
      }),
      refused: oneGrantEach,
    },
    {
      tries: 'empty a binding that is not its own',
      as: operator,
      call: (scene) => ({
        method: 'PUT',
        path: bindingPath(scene.namespace, 'foreign'),
        body: { ...plain({ name: 'foreign' }), subjects: [] },
      }),
      refused: oneGrantEach,
    },
    {
      tries: 'delete the binding of cluster-admin',
      as: operator,
      call: () => ({ method: 'DELETE', path: clusterBindingPath('cluster-admin') }),
      refused: 'operator and reaper delete no bindings but those of Curfew: cluster-admin is not one',
    },
    {
      tries: 'delete a binding of somebody else',
      as: operator,
      call: (scene) => ({ method: 'DELETE', path: bindingPath(scene.namespace, 'foreign') }),
      refused: 'operator and reaper delete no bindings but those of Curfew',
    },
  ],
};
