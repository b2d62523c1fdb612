/**
 * What time it is: the later of the machine's own clock and the API server's, which says its own in every answer. A clock that
 * is slow, on either side, keeps no access alive.
 */
export interface Time {
  /** Wall time in milliseconds. */
  readonly now: () => number;
  /** The API server has just said that it is this late, in milliseconds since the epoch. */
  readonly heard: (server_ms: number) => void;
}

/** The machine's clocks: wall time, and one that never jumps; both in milliseconds. */
export interface OwnClock {
  readonly wall: () => number;
  readonly monotonic: () => number;
}

export function createTime({ wall, monotonic }: OwnClock): Time {
  /** How far the API server's clock is ahead of the monotonic one. */
  let lead_ms = Number.NEGATIVE_INFINITY;
  return {
    now: () => Math.max(wall(), monotonic() + lead_ms),
    heard: (server_ms) => {
      lead_ms = server_ms - monotonic();
    },
  };
}
