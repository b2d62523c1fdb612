/** The last few strings that were added, and no more: a memory that cannot grow. */
export interface Recent {
  readonly add: (entry: string) => void;
  readonly has: (entry: string) => boolean;
}

export function createRecent(limit: number): Recent {
  // Two generations: when the young one is full, it becomes the old one, and the old one is dropped whole.
  let young = new Set<string>();
  let old = new Set<string>();
  return {
    add: (entry) => {
      young.add(entry);
      if (young.size < limit) return;
      old = young;
      young = new Set();
    },
    has: (entry) => young.has(entry) || old.has(entry),
  };
}
