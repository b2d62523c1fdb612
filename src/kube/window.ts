/**
 * How many requests the server bears at a time, found out by trying: one more after every full window of successes, half as many
 * when it says that it has too many. Must not know requests.
 */

/** Handed out when a request is sent, and back when its outcome is known. */
export interface Ticket {
  readonly round: number;
}

export interface Window {
  /** How many may be in flight. */
  readonly size: () => number;
  readonly send: () => Ticket;
  /** @param full whether as many as possible were in flight: a window that is not used says nothing about a larger one */
  readonly succeed: (ticket: Ticket, full: boolean) => void;
  /** What was sent before the last time says nothing new: the server has been relieved since. */
  readonly throttle: (ticket: Ticket) => void;
}

const first = 16;
const most = 64;

export function createWindow(): Window {
  let size = first;
  let round = 0;
  let successes = 0;
  return {
    size: () => size,
    send: () => ({ round }),
    succeed: (ticket, full) => {
      if (!full || ticket.round !== round) return;
      successes += 1;
      if (successes < size) return;
      size = Math.min(most, size + 1);
      successes = 0;
    },
    throttle: (ticket) => {
      if (ticket.round !== round) return;
      size = Math.max(1, Math.floor(size / 2));
      round += 1;
      successes = 0;
    },
  };
}
