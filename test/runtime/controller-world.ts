/** A queue on a virtual clock, and controllers that work on it, with what became of their work. */
import {
  createController,
  type ReconcileOutcome,
  type ReconcileResult,
} from '../../src/runtime/controller.ts';
import { createQueue, type Queue } from '../../src/runtime/queue.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

export type Reconcile = (key: string, signal: AbortSignal) => Promise<ReconcileResult>;

export interface ControllerWorld {
  readonly clock: VirtualClock;
  readonly queue: Queue<string>;
  /** Ends the controllers. */
  readonly stop: AbortController;
  readonly failed: { readonly key: string; readonly error: unknown }[];
  readonly outcomes: ReconcileOutcome[];
  /** Resolves when it has been stopped. */
  readonly start: (reconcile: Reconcile, workers?: number) => Promise<void>;
}

export const throwAtOnce: Reconcile = () => {
  throw new Error('thrown at once');
};

export function createControllerWorld(): ControllerWorld {
  const clock = createVirtualClock();
  const queue = createQueue<string>({ clock });
  const stop = new AbortController();
  const failed: { key: string; error: unknown }[] = [];
  const outcomes: ReconcileOutcome[] = [];
  const start: ControllerWorld['start'] = (reconcile, workers = 2) =>
    createController({
      queue,
      workers,
      reconcile,
      clock,
      onError: (error, key) => failed.push({ key, error }),
      observer: { onReconcile: ({ outcome }) => outcomes.push(outcome) },
    }).run(stop.signal);
  return { clock, queue, stop, failed, outcomes, start };
}
