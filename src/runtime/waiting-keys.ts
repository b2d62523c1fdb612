/**
 * Keys that wait for a worker, each once: the more urgent go first, and among those that are as urgent whoever came first.
 *
 * Must not know what makes a key urgent.
 */
import { createFifo, type Fifo } from './fifo.ts';

/** From the most urgent to the least. */
export const urgencies = ['Urgent', 'Raised', 'Ordinary'] as const;
export type Urgency = (typeof urgencies)[number];

export interface WaitingKeys<K> {
  /** Begins to wait; a key that waits already moves up if it has become more urgent since. */
  readonly put: (key: K) => void;
  readonly take: () => K | undefined;
  readonly length: () => number;
  /** How many are as urgent as can be. */
  readonly urgentLength: () => number;
}

export function createWaitingKeys<K>(urgencyOf: (key: K) => Urgency): WaitingKeys<K> {
  const lines = {
    Urgent: createFifo<K>(),
    Raised: createFifo<K>(),
    Ordinary: createFifo<K>(),
  } satisfies Record<Urgency, Fifo<K>>;
  /** The line in which each key waits. In the one that it has left its place is empty: passed over when its turn comes. */
  const places = new Map<K, Urgency>();

  const takeFrom = (urgency: Urgency): K | undefined => {
    const line = lines[urgency];
    for (let key = line.shift(); key !== undefined; key = line.shift()) {
      if (places.get(key) !== urgency) continue;
      places.delete(key);
      return key;
    }
    return undefined;
  };

  return {
    put: (key) => {
      const urgency = urgencyOf(key);
      const place = places.get(key);
      if (place !== undefined && urgencies.indexOf(place) <= urgencies.indexOf(urgency)) return;
      places.set(key, urgency);
      lines[urgency].push(key);
    },
    take: () => {
      for (const urgency of urgencies) {
        const key = takeFrom(urgency);
        if (key !== undefined) return key;
      }
      return undefined;
    },
    length: () => places.size,
    // Nobody leaves this line but to a worker.
    urgentLength: () => lines.Urgent.length(),
  };
}
