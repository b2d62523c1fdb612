/**
 * Gives a watch up that has gone quiet or was open for too long: a half-open connection looks exactly like a cluster in
 * which nothing happens.
 *
 * Must not know what a watch carries, only what was heard when.
 */
import type { Clock } from './clock.ts';

/** A watch was given up by us. Says why. */
export class WatchGivenUp extends Error {
  override readonly name = 'WatchGivenUp';
}

export interface Watchdog {
  /** Aborts when the watch is given up (with a `WatchGivenUp`), or with the parent. */
  readonly signal: AbortSignal;
  /** Something was heard. */
  readonly hear: (what: 'Change' | 'Bookmark' | 'InitialEventsEnd') => void;
  /** The watch is over. Must be called. */
  readonly stop: () => void;
}

export interface WatchdogOptions {
  readonly clock: Clock;
  readonly parent: AbortSignal;
  /** How long the server was asked to keep the watch open, in seconds. */
  readonly timeout_s: number;
  /** The watch begins with the complete state. */
  readonly staging: boolean;
}

/** Beyond what the server was asked for. */
const grace_ms = 30_000;
/**
 * A server sends a bookmark about every minute, but only one that says more than the watch has begun with. Once the first has
 * come, the others must; a kind that nobody has written since has none, and neither does the mark of the complete state promise any.
 */
const quietMax_ms = 90_000;
/** A server that streams the complete state does so without pauses. */
const stagingQuietMax_ms = 30_000;
const stagingMax_ms = 120_000;

/** How long a watch may be open at most, whatever is heard, in milliseconds. */
export const watchMax_ms = (timeout_s: number): number => timeout_s * 1000 + grace_ms;

interface Limit {
  readonly due_ms: number;
  readonly why: string;
}

export function createWatchdog(options: WatchdogOptions): Watchdog {
  const { clock, parent, timeout_s, staging } = options;
  const controller = new AbortController();
  const opened_ms = clock.monotonic();
  let heard_ms = opened_ms;
  let isStaging = staging;
  let bookmarksSeen = false;
  let cancel: (() => void) | undefined;

  const limits = function* (): Generator<Limit> {
    const allowed_ms = watchMax_ms(timeout_s);
    yield { due_ms: opened_ms + allowed_ms, why: `expected its end within ${allowed_ms} ms` };
    if (bookmarksSeen) {
      yield {
        due_ms: heard_ms + quietMax_ms,
        why: `expected a bookmark, heard nothing for ${quietMax_ms} ms`,
      };
    }
    if (!isStaging) return;
    yield {
      due_ms: heard_ms + stagingQuietMax_ms,
      why: `no initial-events-end, quiet for ${stagingQuietMax_ms} ms`,
    };
    yield { due_ms: opened_ms + stagingMax_ms, why: `no initial-events-end within ${stagingMax_ms} ms` };
  };
  const nearest = (): Limit =>
    limits().reduce((first, limit) => (limit.due_ms < first.due_ms ? limit : first));

  // Hearing something only moves limits away, so the timer looks again when it fires instead of being set anew each time.
  const watch = (): void => {
    cancel?.();
    const { due_ms, why } = nearest();
    const left_ms = due_ms - clock.monotonic();
    if (left_ms <= 0) controller.abort(new WatchGivenUp(`the watch was given up: ${why}; watching again`));
    else cancel = clock.after(left_ms, watch);
  };

  const onParentAbort = (): void => controller.abort(parent.reason);
  parent.addEventListener('abort', onParentAbort, { once: true });
  if (parent.aborted) onParentAbort();
  watch();

  return {
    signal: controller.signal,
    hear: (what) => {
      heard_ms = clock.monotonic();
      if (what === 'InitialEventsEnd') isStaging = false;
      if (what !== 'Bookmark' || bookmarksSeen) return;
      bookmarksSeen = true;
      watch();
    },
    stop: () => {
      cancel?.();
      parent.removeEventListener('abort', onParentAbort);
    },
  };
}
