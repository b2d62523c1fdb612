/**
 * Looks at all access there is, every few minutes, whether or not anything is said to have changed: overdue grants, bindings
 * without a grant that gives access there, edits. What it finds becomes work like any other; it decides and writes nothing.
 *
 * Most sweeps cost no request: they read the cache, and only what holds access. Now and then the bindings are listed, so that
 * an event that was lost can keep no access. Must not know how work is done.
 */
import { bindingAt, isOurs, isUntouched, placeKey, placesOf, type StoredBinding } from '../domain/binding.ts';
import type { Grant } from '../domain/grant.ts';
import { isHolding } from '../domain/limit.ts';
import { originOf } from '../domain/orphan.ts';
import { sleep } from '../runtime/clock.ts';
import { keyOf } from '../runtime/resources.ts';
import type { Shell } from './apply.ts';
import type { Cache } from './cache.ts';
import { findUnseen } from './unseen.ts';
import { workKey } from './work.ts';
import { bindingKinds, grantKinds } from './resources.ts';

export const findings = ['Overdue', 'Orphan', 'Missing', 'Edited', 'Untold', 'Unseen'] as const;
/**
 * Overdue: a grant past its end. Orphan: a binding where no grant gives access. Missing, Edited: a binding that should stand
 * there, and as it was made. Untold: a deleted grant whose end nobody has told. Unseen: the cache missed a change.
 */
export type Finding = (typeof findings)[number];

export interface SweepOptions {
  readonly shell: Pick<Shell, 'api' | 'cache' | 'clock'>;
  readonly enqueue: (key: string) => void;
  /** Told of each finding, with the key of the work that it became. Must not throw. */
  readonly onFinding: (finding: Finding, key: string) => void;
  /** Told when the bindings could not be listed; tried again with the next sweep. */
  readonly onError: (error: unknown) => void;
}

export const sweepInterval_ms = 180_000;
/** Every so many sweeps the bindings are listed, the first time with the first. */
const sweepsPerList = 10;
/** So many are looked at before others have their turn. */
const sliceSize = 500;

/** Sweeps until `signal` aborts, then resolves. Never rejects. */
export async function runSweep(options: SweepOptions, signal: AbortSignal): Promise<void> {
  const { shell, onError } = options;
  for (let sweeps = 0; ; ) {
    try {
      await sweepCache(options, signal);
      if (sweeps % sweepsPerList === 0) await sweepServer(options, signal);
      sweeps += 1;
    } catch (error) {
      if (signal.aborted) return;
      onError(error);
    }
    // Replicas and clusters that started together do not stay together.
    const pause_ms = sweepInterval_ms * (0.9 + 0.2 * shell.clock.random());
    await sleep(shell.clock, pause_ms, signal).catch(() => undefined);
    if (signal.aborted) return;
  }
}

/** One sweep of the cache. */
export async function sweepCache(options: SweepOptions, signal: AbortSignal): Promise<void> {
  const { shell, enqueue, onFinding } = options;
  let looked = 0;
  for (const { finding, key } of findingsIn(shell.cache, shell.clock.now())) {
    if (finding !== undefined) {
      onFinding(finding, key);
      enqueue(key);
    }
    looked += 1;
    if (looked % sliceSize === 0) await sleep(shell.clock, 0, signal);
  }
}

interface Looked {
  /** Undefined: all is well. */
  readonly finding: Finding | undefined;
  readonly key: string;
}

/** What holds access, and every binding, one by one. */
function* findingsIn(cache: Cache, now_ms: number): Iterable<Looked> {
  for (const kind of grantKinds) {
    for (const phase of ['Activating', 'Active']) {
      for (const grant of cache.grants[kind].byIndex('phase', phase)) {
        yield { finding: findingAbout(cache, grant, now_ms), key: keyOfWork(grant) };
      }
    }
  }
  for (const key of cache.departed.keys()) yield { finding: 'Untold', key };
  for (const kind of bindingKinds) {
    for (const binding of cache.bindings[kind].list()) {
      const finding = isOrphan(cache, { ...binding, kind }) ? 'Orphan' : undefined;
      yield { finding, key: workKey({ kind, key: keyOf(binding) }) };
      // Where there is a grant, what is left of its access is its own work.
      if (finding !== undefined)
        for (const grant of ownersOf(cache, binding)) yield { finding, key: keyOfWork(grant) };
    }
  }
}

function findingAbout(cache: Cache, grant: Grant, now_ms: number): Finding | undefined {
  const { phase, expirationTime = '', approvals = [] } = grant.status;
  // What cannot be read has passed.
  if (!(Date.parse(expirationTime) > now_ms)) return 'Overdue';
  for (const place of placesOf(grant)) {
    const binding = cache.bindings[place.kind].get(keyOf({ metadata: place }));
    if (binding === undefined) {
      if (phase === 'Active') return 'Missing';
      continue;
    }
    const wanted = bindingAt(place, grant, expirationTime, approvals);
    if (isOurs(binding, grant) && !isUntouched(binding, wanted)) return 'Edited';
  }
  return undefined;
}

/** True for a binding of Curfew's where no grant gives access: those of grants that are over, too. */
function isOrphan(cache: Cache, binding: StoredBinding): boolean {
  if (originOf(binding) === undefined) return false;
  const { kind, metadata } = binding;
  const place = placeKey({ kind, namespace: metadata.namespace, name: metadata.name });
  return !ownersOf(cache, binding).some(
    (grant) => isHolding(grant) && placesOf(grant).some((own) => placeKey(own) === place),
  );
}

function ownersOf(cache: Cache, binding: StoredBinding): readonly Grant[] {
  const uid = originOf(binding)?.grantUid;
  return uid === undefined ? [] : grantKinds.flatMap((kind) => cache.grants[kind].byIndex('uid', uid));
}

const keyOfWork = (grant: Grant): string => workKey({ kind: grant.kind, key: keyOf(grant) });

/** Lists the bindings and mends the cache where it has missed something; what that changes becomes work by itself. */
async function sweepServer({ shell, onFinding }: SweepOptions, signal: AbortSignal): Promise<void> {
  for (const kind of bindingKinds) {
    for await (const key of findUnseen(shell, kind, signal)) onFinding('Unseen', workKey({ kind, key }));
  }
}
