/**
 * Keeps the verdict on the guard: looks when it is asked, when something of the guard changed, and every so often. Looks are
 * made one after the other; whoever asks gets one that began after they asked, together with all who asked meanwhile.
 *
 * Why that is enough before access begins: the grant was read first. Whoever forged what it says must have weakened the guard
 * before, and a look that begins later finds it weakened, or edited since the epoch's record. Must not know grants' lives.
 */
import type { GuardVerdict } from '../domain/guard-verdict.ts';
import type { SeenGuard } from '../guard/accepted.ts';
import { firstVigil, type Look, mustProbe, type Order, troubleInterval_ms } from '../guard/vigil.ts';
import { step } from '../guard/vigil-step.ts';
import { isRefusal } from '../runtime/api-error.ts';
import { type Clock, sleep } from '../runtime/clock.ts';
import { lookAtGuard } from './guard-look.ts';
import { probeGuard, type ProbeGround } from './guard-probe.ts';
import { createGuardRecord, type GuardRecordOptions, type StoredRecord } from './guard-record.ts';
import { createTurns, type Turn } from './turns.ts';

export interface GuardCheck {
  /** As last found; undefined before the first look. */
  readonly verdict: () => GuardVerdict | undefined;
  /** Looks now. @throws ApiError, ConnectionError when that fails; whoever asks tries again */
  readonly check: () => Promise<GuardVerdict>;
  /** Something of the guard may have changed. */
  readonly changed: () => void;
  /** Looks on and on until `signal` aborts. To be called once. */
  readonly run: (signal: AbortSignal) => Promise<void>;
}

export interface GuardCheckOptions extends GuardRecordOptions {
  readonly clock: Clock;
  readonly ground: () => ProbeGround;
  /** Told of the first verdict and of every one of another kind or for another reason. */
  readonly onVerdict: (verdict: GuardVerdict) => void;
  /** Told of looks that failed; they are made again. */
  readonly onError: (error: unknown) => void;
}

/** Times of creation have whole seconds: what is created after this has a later one than the record. */
const recordSettles_ms = 1_000;
/** Objects are applied one after the other: one look does for several. */
const changeSettles_ms = 200;

export function createGuardCheck(options: GuardCheckOptions): GuardCheck {
  const { api, clock, accepted, ground, onVerdict, onError } = options;
  const records = createGuardRecord(options);
  let vigil = firstVigil;
  let seen: SeenGuard = new Map();
  let verdict: GuardVerdict | undefined;

  const publish = (next: GuardVerdict): void => {
    const isNews = JSON.stringify(next) !== JSON.stringify(verdict);
    verdict = next;
    if (isNews) onVerdict(next);
  };

  const observe = async (
    signal: AbortSignal,
  ): Promise<Look & { readonly record: StoredRecord | undefined }> => {
    const at_ms = clock.monotonic();
    const [record, found] = await Promise.all([
      records.read(signal),
      lookAtGuard(api, accepted, seen, signal),
    ]);
    seen = found;
    const grounded = ground();
    const isDue = mustProbe(accepted, vigil, { seen, at_ms });
    const answers = isDue ? await probeGuard(api, accepted, grounded, signal) : undefined;
    return { seen, record, answers, grantsExist: grounded.grant !== undefined, at_ms };
  };

  const carryOut = async (
    order: Order,
    record: StoredRecord | undefined,
    signal: AbortSignal,
  ): Promise<void> => {
    if (order === 'Begin') {
      await records.begin({ seen }, signal);
      await sleep(clock, recordSettles_ms, signal);
    }
    if (record === undefined) return;
    if (order === 'Update') await records.update({ seen }, record, signal);
    if (order === 'Drop') await records.drop(record, signal);
  };

  const look = async (signal: AbortSignal): Promise<Turn<GuardVerdict>> => {
    const found = await observe(signal).catch((error: unknown) => {
      // A server that cannot be reached says nothing of the guard, and gives no access either. One that refuses does.
      if (isRefusal(error)) publish({ kind: 'NotVerified', why: `it cannot be looked at: ${error.message}` });
      throw error;
    });
    const next = step(accepted, vigil, found);
    vigil = next.vigil;
    publish(next.verdict);
    await carryOut(next.order, found.record, signal);
    return { result: next.verdict, next_ms: next.next_ms };
  };

  const turns = createTurns({ clock, turn: look, retry_ms: troubleInterval_ms, onError });

  return {
    verdict: () => verdict,
    check: turns.ask,
    changed: () => turns.soon(changeSettles_ms),
    run: turns.run,
  };
}
