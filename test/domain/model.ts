/**
 * A cluster of one grant, in memory: it answers questions and carries out effects as the API server would, and refuses
 * whatever the promises forbid. Deciding is run against it as the shell runs it, with a crash after any number of effects.
 */
import { expect } from 'vitest';
import { type Binding, type Place, placeKey, type StoredBinding } from '../../src/domain/binding.ts';
import { decide } from '../../src/domain/decide.ts';
import type { Grant, Policy } from '../../src/domain/grant.ts';
import { type GuardVerdict, objectionToGuard } from '../../src/domain/guard-verdict.ts';
import { isFinal } from '../../src/domain/grant.ts';
import type { Load } from '../../src/domain/limit.ts';
import type { Effect, Plan } from '../../src/domain/plan.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';
import type { TrailEntry } from '../../src/domain/trail.ts';
import type { Answers, Role } from '../../src/domain/world.ts';
import { answerTo, worldOf } from './model-world.ts';

export interface Model {
  grant: Grant;
  policy: Policy | undefined;
  role: Role | undefined;
  mayBind: boolean;
  guard: GuardVerdict;
  /** What else stands under the policy. */
  load: Load;
  predecessors: readonly Grant[];
  now_ms: number;
  skew_ms: number;
  repairs: number;
  /** What reviews answer, where that does not follow from the bindings. */
  verdict: 'Denied' | 'NamesOurs' | undefined;
  /** The API server refuses to create bindings. */
  refusing: boolean;
  readonly bindings: Map<string, StoredBinding>;
  readonly trail: Map<string, TrailEntry>;
  /** How often something was told, repetitions included. */
  tellings: number;
  writes: number;
  /** Every effect that was carried out, in order. */
  readonly effects: Effect[];
  /** Called after each write of the status. */
  onWrite: (model: Model) => void;
  /** What this process has told; a crash forgets it. */
  told: Set<string>;
}

export const modelOf = (parts: Pick<Model, 'grant' | 'policy' | 'role' | 'now_ms'>): Model => ({
  ...parts,
  mayBind: true,
  guard: { kind: 'Verified', since_ms: Date.parse('2026-03-01T00:00:00Z') },
  load: { holding: [], queued: [] },
  predecessors: [],
  skew_ms: 0,
  repairs: 0,
  verdict: undefined,
  refusing: false,
  effects: [],
  onWrite: () => {},
  told: new Set(),
  bindings: new Map(),
  trail: new Map(),
  tellings: 0,
  writes: 0,
});

const roundsMax = 30;

/** Decides and applies until there is nothing to do, crashing (forgetting all answers) whenever `effectsBeforeCrash` runs out. */
export function settle(model: Model, effectsBeforeCrash = Number.POSITIVE_INFINITY): Plan & { kind: 'Act' } {
  let answers: Answers = {};
  let grantIsLive = false;
  let budget = effectsBeforeCrash;
  for (let round = 0; round < roundsMax; round += 1) {
    const plan = decide(worldOf(model, answers, grantIsLive), model.now_ms);
    if (plan.kind === 'Ask') {
      ({ answers, grantIsLive } = answerTo(model, plan.question, answers, grantIsLive));
      continue;
    }
    if (plan.effects.length === 0) return plan;
    const { refused } = answers;
    answers = refused === undefined ? {} : { refused };
    grantIsLive = false;
    for (const effect of plan.effects) {
      if (budget <= 0) break;
      if (model.refusing && effect.kind === 'CreateBinding') {
        answers = { refused: new Map([[placeKey(placeOf(effect.binding)), 'the namespace is going']]) };
      } else applyTo(model, effect);
      budget -= 1;
      if (effect.kind === 'WriteStatus') grantIsLive = true;
    }
    if (budget <= 0) {
      // The crash: what was known is gone, what was written stays. From here on it runs through.
      budget = Number.POSITIVE_INFINITY;
      answers = {};
      grantIsLive = false;
      model.told = new Set();
    }
  }
  throw new Error(`expected a fixpoint within ${roundsMax} rounds; phase ${model.grant.status.phase}`);
}

function applyTo(model: Model, effect: Effect): void {
  model.effects.push(effect);
  switch (effect.kind) {
    case 'Record': {
      const { step, discriminator } = effect.entry;
      model.tellings += 1;
      model.trail.set(`${step}/${discriminator}`, effect.entry);
      model.told.add(`${step}/${discriminator}`);
      return;
    }
    case 'WriteStatus':
      writeStatus(model, effect.status);
      return;
    case 'CreateBinding':
      createBinding(model, effect.binding);
      return;
    case 'ReplaceBinding':
      replaceBinding(model, effect.binding, effect.uid);
      return;
    case 'DeleteBinding':
      expect(model.bindings.get(placeKey(effect.place))?.metadata.uid).toBe(effect.uid);
      model.bindings.delete(placeKey(effect.place));
      return;
  }
}

/** The CRD's transition rules, and the law that decisions belong to people. */
function writeStatus(model: Model, status: GrantStatus): void {
  const before = model.grant.status;
  expect(status.decisions).toEqual(before.decisions);
  if (before.activationTime !== undefined) expect(status.activationTime).toBe(before.activationTime);
  if (before.expirationTime !== undefined) expect(status.expirationTime).toBe(before.expirationTime);
  if (isFinal(before.phase)) expect(status.phase).toBe(before.phase);
  expect(status, 'a write that changes nothing').not.toEqual(before);
  model.writes += 1;
  const resourceVersion = String(Number(model.grant.metadata.resourceVersion) + 1);
  const metadata = { ...model.grant.metadata, resourceVersion };
  model.grant = {
    ...model.grant,
    metadata,
    status: JSON.parse(JSON.stringify(status)) as GrantStatus,
  };
  model.onWrite(model);
}

/** Promises 1 and 2: no binding without a write-ahead record, and none past its end. */
function createBinding(model: Model, binding: Binding): void {
  const { status } = model.grant;
  expect(status.phase, 'the write-ahead record comes first').toBe('Activating');
  expect(objectionToGuard(model.grant, model.guard), 'the guard was in force all along').toBeUndefined();
  expect(Date.parse(status.expirationTime ?? '')).toBeGreaterThan(model.now_ms);
  const key = placeKey(placeOf(binding));
  expect(model.bindings.has(key), 'the place is free').toBe(false);
  model.bindings.set(key, stored(binding, `binding-${model.writes}`, model));
}

/** What was deleted goes when its finalizers do. */
function replaceBinding(model: Model, binding: Binding, uid: string): void {
  const key = placeKey(placeOf(binding));
  const before = model.bindings.get(key);
  expect(before?.metadata.uid).toBe(uid);
  const { finalizers = [] } = binding.metadata;
  if (before?.metadata.deletionTimestamp !== undefined && finalizers.length === 0) model.bindings.delete(key);
  else model.bindings.set(key, stored(binding, uid, model));
}

const placeOf = ({ kind, metadata: { namespace, name } }: Binding): Place => ({ kind, namespace, name });

function stored(binding: Binding, uid: string, model: Model): StoredBinding {
  const creationTimestamp = new Date(model.now_ms).toISOString();
  const meta = { uid, resourceVersion: '1', generation: 1, creationTimestamp };
  return { ...binding, metadata: { ...binding.metadata, ...meta } };
}
