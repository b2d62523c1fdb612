/** A queue on a virtual clock, and somebody who takes from it. */
import { createQueue, type Queue, type QueueOptions } from '../../src/runtime/queue.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export interface QueueWorld {
  readonly clock: VirtualClock;
  readonly queue: Queue<string>;
  /** Takes everything that is ready, without giving anything back. */
  readonly takeAll: () => Promise<readonly string[]>;
}

export const never: AbortSignal = new AbortController().signal;

export function createQueueWorld(options: Omit<QueueOptions<string>, 'clock'> = {}): QueueWorld {
  const clock = createVirtualClock();
  const queue = createQueue({ ...options, clock });
  const takeAll = async (): Promise<string[]> => {
    const taken: string[] = [];
    while (queue.length > 0) taken.push((await queue.next(never)) ?? '(none)');
    return taken;
  };
  return { clock, queue, takeAll };
}
