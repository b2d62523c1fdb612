/** The last few strings that were added, and no more: a memory that cannot grow. */
export interface Recent {
  /** Forgets the oldest when there are too many. What is known already does not count as new. */
  readonly add: (entry: string) => void;
  readonly has: (entry: string) => boolean;
}

export function createRecent(limit: number): Recent {
  const entries = new Set<string>();
  /** A ring: the place of the next one is that of the oldest. */
  const places: string[] = [];
  let next = 0;
  return {
    add: (entry) => {
      if (entries.has(entry)) return;
      const oldest = places[next];
      if (oldest !== undefined) entries.delete(oldest);
      entries.add(entry);
      places[next] = entry;
      next = (next + 1) % limit;
    },
    has: (entry) => entries.has(entry),
  };
}
