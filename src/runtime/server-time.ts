/**
 * What time the API server thinks it is, from the `Date` of its answers. Those name whole seconds and are heard a little
 * later, so each says the least that it can be; the greatest of the last minutes counts.
 *
 * Kept against the monotonic clock: the wall clock of this machine may jump, and that is what this is for. Must not know what
 * anybody does about a difference.
 */
import type { Clock } from './clock.ts';

export interface ServerTime {
  /** The server has just said that this was its wall time, in milliseconds. */
  readonly observe: (date_ms: number) => void;
  /** Its wall time now, at the least, in milliseconds; undefined before it has said anything. */
  readonly now: () => number | undefined;
  /** By how much its wall clock is ahead of ours, to about a second, in milliseconds; negative where it is behind. */
  readonly skew_ms: () => number | undefined;
}

/** How long what the server said counts at the least, in milliseconds: its clock may be set back, too. */
const period_ms = 60_000;

export function createServerTime(clock: Pick<Clock, 'now' | 'monotonic'>): ServerTime {
  /** Server time minus monotonic time: of this period, and of the one before. */
  let latest_ms = Number.NEGATIVE_INFINITY;
  let before_ms = Number.NEGATIVE_INFINITY;
  let since_ms = clock.monotonic();

  const now = (): number | undefined => {
    const offset_ms = Math.max(latest_ms, before_ms);
    return offset_ms === Number.NEGATIVE_INFINITY ? undefined : offset_ms + clock.monotonic();
  };
  return {
    observe: (date_ms) => {
      const at_ms = clock.monotonic();
      if (at_ms - since_ms >= period_ms) {
        // After a long silence even the last period is too old.
        before_ms = at_ms - since_ms < 2 * period_ms ? latest_ms : Number.NEGATIVE_INFINITY;
        latest_ms = Number.NEGATIVE_INFINITY;
        since_ms = at_ms;
      }
      latest_ms = Math.max(latest_ms, date_ms - at_ms);
    },
    now,
    skew_ms: () => {
      const server_ms = now();
      return server_ms === undefined ? undefined : server_ms - clock.now();
    },
  };
}

/** A clock whose wall time is the later of ours and the server's: whichever is wrong, nothing that must end ends late. */
export const laterOf = (clock: Clock, server: Pick<ServerTime, 'now'>): Clock => ({
  ...clock,
  now: () => Math.max(clock.now(), server.now() ?? Number.NEGATIVE_INFINITY),
});
