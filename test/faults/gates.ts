/** Requests that are held back until a test lets them go on. Must not know what they ask for. */
export interface Gates<Kind> {
  /** Holds the next such request back; `reached` resolves when it has come, and `release` lets it go on. */
  readonly hold: (kind: Kind) => { readonly reached: Promise<void>; readonly release: () => void };
  /** Resolves when such a request may go on. */
  readonly pass: (kind: Kind) => Promise<void>;
}

export function createGates<Kind>(): Gates<Kind> {
  const gates: { readonly kind: Kind; readonly reach: () => void; readonly released: Promise<void> }[] = [];
  return {
    hold: (kind) => {
      const reached = Promise.withResolvers<void>();
      const released = Promise.withResolvers<void>();
      gates.push({ kind, reach: reached.resolve, released: released.promise });
      return { reached: reached.promise, release: released.resolve };
    },
    pass: async (kind) => {
      const index = gates.findIndex((gate) => gate.kind === kind);
      const [gate] = index === -1 ? [] : gates.splice(index, 1);
      gate?.reach();
      await gate?.released;
    },
  };
}
