/** Attempts on bindings: by those who may write them, and with the tokens of operator and reaper. */
import { expect } from 'vitest';
import { applyPatch, type Attacks, mergePatch } from './attempt.ts';
import { create, plain, role, subject } from './foreign-binding.ts';
import { bindingPath, markedBinding } from './objects.ts';
import { binder } from './people.ts';
import type { Scene } from './scene.ts';
import { fields, megabyte } from './upkeep.ts';

const reserved = 'only Curfew makes bindings whose name begins with';

type Body = object | ((scene: Scene) => object);
const squatted: readonly (readonly [string, Body])[] = [
  ['under the name of a grant that is coming', plain({ name: 'curfew:inc-4711:uid' })],
  ['under a generated name of ours', plain({ generateName: 'curfew:' })],
  ['with the label managed-by', plain({ name: 'a', labels: { 'app.kubernetes.io/managed-by': 'curfew' } })],
  ['with the label of a grant', plain({ name: 'a', labels: { 'curfew.dev/grant-uid': 'uid' } })],
  ['with any label of ours', plain({ name: 'a', labels: { 'curfew.dev/anything': '' } })],
  ['that is a copy of ours elsewhere', ({ grants }: Scene) => markedBinding(grants.Active)],
];

const squatting: Attacks = {
  attacker: 'somebody who may write bindings',
  attempts: squatted.flatMap(([what, body]) =>
    [false, true].map((cluster) => ({
      tries: `make a ${cluster ? 'ClusterRoleBinding' : 'RoleBinding'} ${what}`,
      as: binder,
      call: create(body, cluster),
      refused: reserved,
    })),
  ),
};

const changed = 'only Curfew changes its bindings';
const small = 'metadata.managedFields, generateName and selfLink of a binding of Curfew stay small';
const patchManaged = (body: object) => (scene: Scene) =>
  mergePatch(bindingPath(scene.namespace, scene.managed.name), body);

const edits: readonly (readonly [string, object])[] = [
  ['add a subject', { subjects: [subject('User', 'alice'), subject('User', 'eve')] }],
  ['swap the subject', { subjects: [subject('User', 'eve')] }],
  ['take the subjects out', { subjects: null }],
  ['move the end', { metadata: { annotations: { 'curfew.dev/expires-at': '2199-01-01T00:00:00Z' } } }],
  ['take the end off', { metadata: { annotations: null } }],
  ['take the labels off', { metadata: { labels: null } }],
  ['add a label', { metadata: { labels: { 'example.com/keep': 'yes' } } }],
  ['add a finalizer', { metadata: { finalizers: ['example.com/keep'] } }],
  [
    'add an owner',
    {
      metadata: {
        ownerReferences: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'x', uid: 'x' }],
      },
    },
  ],
];

const tampering: Attacks = {
  attacker: 'somebody who may write bindings',
  attempts: [
    ...edits.map(([what, body]) => ({
      tries: `${what} on a binding of ours`,
      as: binder,
      call: patchManaged(body),
      refused: changed,
    })),
    ...[{ [`f:${megabyte}`]: {} }, { 'f:metadata': { [`f:${megabyte}`]: {} } }].map((fieldsV1, index) => ({
      tries: `blow the managedFields of a binding of ours up, ${index}`,
      as: binder,
      call: patchManaged({
        metadata: { managedFields: fields(fieldsV1, 'bloat', 'Update', 'rbac.authorization.k8s.io/v1') },
      }),
      refused: small,
    })),
    {
      tries: 'put a megabyte into the generateName of a binding of ours',
      as: binder,
      call: patchManaged({ metadata: { generateName: megabyte } }),
      refused: small,
    },
    {
      tries: 'swap the role of a binding of ours',
      as: binder,
      call: patchManaged({ roleRef: role('view') }),
      refused: /cannot change roleRef|roleRef: Invalid value: .*: field is immutable/,
    },
    {
      tries: 'add a subject by server-side apply, as field manager curfew-operator',
      as: binder,
      call: (scene) =>
        applyPatch(
          bindingPath(scene.namespace, scene.managed.name),
          { ...plain({ name: scene.managed.name }), subjects: [subject('User', 'eve')] },
          'curfew-operator',
        ),
      refused: changed,
    },
    {
      tries: 'make a binding of its own look like ours afterwards',
      as: binder,
      call: (scene) =>
        mergePatch(bindingPath(scene.namespace, scene.foreign.name), {
          metadata: { labels: { 'app.kubernetes.io/managed-by': 'curfew' } },
        }),
      refused: changed,
    },
  ],
};

const harmlessEdits: Attacks = {
  attacker: 'somebody who may write bindings',
  attempts: [
    {
      tries: 'take the owner off, as the garbage collector may, by dry run',
      as: binder,
      call: (scene) => {
        const call = patchManaged({ metadata: { ownerReferences: null } })(scene);
        return { ...call, path: `${call.path}?dryRun=All` };
      },
      // The operator puts it back, and the reaper needs none: see the tests of bindings that were edited.
      harmless: ({ code, message }) => expect(code, message).toBe(200),
    },
    {
      tries: 'delete a binding of ours, by dry run',
      as: binder,
      call: (scene) => ({
        method: 'DELETE',
        path: `${bindingPath(scene.namespace, scene.managed.name)}?dryRun=All`,
      }),
      // That ends the access, and the grant says so.
      harmless: ({ code, message }) => expect(code, message).toBe(200),
    },
  ],
};

export const bindingAttacks: readonly Attacks[] = [squatting, tampering, harmlessEdits];
