/**
 * The one time in which no operator runs, for all scenarios that want it: it begins when every other one is over, and ends
 * when each has done what it wanted to do meanwhile.
 *
 * Must not know what they do.
 */
export interface Interlude {
  /** Resolves when the interlude is over; rejects with what `act` rejected with. */
  readonly whileDown: (act: () => Promise<void>) => Promise<void>;
  /** One of the players is through, and will ask for no interlude any more. */
  readonly leave: () => void;
}

/** @param pause runs what it is given while no operator runs */
export function createInterlude(
  players: number,
  pause: (during: () => Promise<void>) => Promise<void>,
): Interlude {
  let present = players;
  const waiting: { readonly act: () => Promise<void>; readonly end: PromiseWithResolvers<void> }[] = [];

  const perform = async (): Promise<void> => {
    const all = waiting.splice(0);
    let outcomes: readonly PromiseSettledResult<void>[] = [];
    try {
      await pause(async () => {
        outcomes = await Promise.allSettled(all.map(({ act }) => act()));
      });
      for (const [index, { end }] of all.entries()) {
        const outcome = outcomes[index];
        if (outcome?.status === 'rejected') end.reject(outcome.reason);
        else end.resolve();
      }
    } catch (error) {
      for (const { end } of all) end.reject(error);
    }
  };
  const begin = (): void => {
    if (waiting.length > 0 && waiting.length === present) void perform();
  };
  return {
    whileDown: (act) => {
      const end = Promise.withResolvers<void>();
      waiting.push({ act, end });
      begin();
      return end.promise;
    },
    leave: () => {
      present -= 1;
      begin();
    },
  };
}
