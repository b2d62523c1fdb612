/**
 * How long something lives that many can end: whoever asked for it, whoever closes everything, it itself. What belongs to it ends
 * with it. Must not know what lives.
 */
export interface Life {
  /** Aborts at its end. */
  readonly signal: AbortSignal;
  /** Calls `cleanup` at the end with what ended it, if that was an error; at once if it is over. */
  readonly onEnd: (cleanup: (reason: Error | undefined) => void) => void;
  /** Only the first call counts. Must be called. */
  readonly end: (reason?: Error) => void;
}

export interface Lives {
  /** A life that ends with `parent` at the latest. */
  readonly begin: (parent?: AbortSignal) => Life;
  /** Nothing lives any more, not even what would begin later. */
  readonly endAll: (reason: Error) => void;
}

export function createLives(): Lives {
  const ends = new Set<Life['end']>();
  let over: Error | undefined;
  return {
    begin: (parent) => {
      const controller = new AbortController();
      const { signal } = controller;
      let cause: Error | undefined;
      const end = (reason?: Error): void => {
        if (!ends.delete(end)) return;
        parent?.removeEventListener('abort', onParentAbort);
        cause = reason;
        controller.abort(reason);
      };
      const onParentAbort = (): void => end(parent?.reason as Error);
      ends.add(end);
      parent?.addEventListener('abort', onParentAbort, { once: true });
      if (parent?.aborted === true) onParentAbort();
      if (over !== undefined) end(over);
      return {
        signal,
        onEnd: (cleanup) => {
          if (signal.aborted) cleanup(cause);
          else signal.addEventListener('abort', () => cleanup(cause), { once: true });
        },
        end,
      };
    },
    endAll: (reason) => {
      over = reason;
      for (const end of ends) end(reason);
    },
  };
}
