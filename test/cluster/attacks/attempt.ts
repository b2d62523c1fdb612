/** What an attempt is: who tries what, and why it comes to nothing. Must not know any. */
import type { Decision } from '../../../src/domain/schema/grant-status.ts';
import { grantPath, type Stored } from './objects.ts';
import { type Answer, type Call, type Identity, patchTypes } from './request.ts';
import type { Scene } from './scene.ts';

interface Common {
  /** Completes "… tries to …". */
  readonly tries: string;
  readonly as: Identity;
  readonly call: (scene: Scene) => Call;
}

/** Either the API server refuses, in these words, or what it does is harmless, which is looked at. */
export type Attempt = Common &
  (
    | { readonly refused: string | RegExp }
    | { readonly harmless: (answer: Answer, scene: Scene) => void | Promise<void> }
  );

export interface Attacks {
  /** Completes "… who has only these rights". */
  readonly attacker: string;
  readonly attempts: readonly Attempt[];
}

/** A grant of the scene, by what it is called there. */
export type Pick = (scene: Scene) => Stored;

export const statusPath = (scene: Scene, { name }: Stored): string => grantPath(scene, name, '/status');

/** A decision as the API wants it, with whatever is forged in it. */
export const decisionOf = (
  { uid }: Stored,
  by: string,
  decision: Decision['decision'],
  forged: object = {},
): object => ({
  uid,
  by,
  decision,
  ...forged,
});

export const jsonPatch = (path: string, operations: readonly object[]): Call => ({
  method: 'PATCH',
  path,
  type: patchTypes.json,
  body: operations,
});
export const mergePatch = (path: string, body: object): Call => ({
  method: 'PATCH',
  path,
  type: patchTypes.merge,
  body,
});
export const applyPatch = (path: string, body: object, manager: string): Call => ({
  method: 'PATCH',
  path: `${path}?fieldManager=${manager}&force=true`,
  type: patchTypes.apply,
  body,
});

/** Appends one decision, as the README shows it. */
export const deciding =
  (pick: Pick, by: string, decision: Decision['decision'], forged: object = {}) =>
  (scene: Scene): Call =>
    jsonPatch(statusPath(scene, pick(scene)), [
      { op: 'add', path: '/status/decisions/-', value: decisionOf(pick(scene), by, decision, forged) },
    ]);
