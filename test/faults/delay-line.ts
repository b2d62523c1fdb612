/** Lets things happen later, in the order in which they were sent. Must not know what they are. */
export interface DelayLine {
  /** Acts after the present delay, and never before what was sent earlier; at once without delay. */
  readonly send: (act: () => void) => void;
  /** What has not happened yet never will. */
  readonly clear: () => void;
}

/** `delay_ms` is asked for each time. */
export function createDelayLine(delay_ms: () => number): DelayLine {
  const timers = new Set<NodeJS.Timeout>();
  let lastDue_ms = 0;
  return {
    send: (act) => {
      const now_ms = performance.now();
      // A delay that has become shorter lets nothing overtake.
      const due_ms = Math.max(now_ms + delay_ms(), lastDue_ms);
      if (due_ms <= now_ms && timers.size === 0) return act();
      lastDue_ms = due_ms;
      const timer = setTimeout(() => {
        timers.delete(timer);
        act();
      }, due_ms - now_ms);
      timers.add(timer);
    },
    clear: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
}
