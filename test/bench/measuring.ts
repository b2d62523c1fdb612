/**
 * What a program finds out about itself: its memory at rest, how long its event loop was held up, what it has open.
 *
 * Must not know what the program does.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises';
import { getHeapSpaceStatistics } from 'node:v8';

/** Bytes of heap in use once everything that can be collected has been. */
export async function heapAtRest(): Promise<number> {
  await collect();
  return process.memoryUsage().heapUsed;
}

/**
 * The same, but of objects that have outlived collections alone: what is on its way at the moment and the code that V8 compiles,
 * of which there is more for many minutes, are not counted.
 */
export async function objectsAtRest(): Promise<number> {
  await collect();
  return getHeapSpaceStatistics()
    .filter(({ space_name }) => space_name === 'old_space' || space_name === 'large_object_space')
    .reduce((sum, { space_used_size }) => sum + space_used_size, 0);
}

async function collect(): Promise<void> {
  if (globalThis.gc === undefined) throw new Error('expected Node to run with --expose-gc');
  // Twice, with a turn between: finalizers and weak references let go of more.
  for (let round = 0; round < 2; round += 1) {
    globalThis.gc();
    await turn();
  }
}

export interface Delay {
  /** The longest that the event loop was held up, in milliseconds. */
  readonly max_ms: number;
  readonly p99_ms: number;
}

const resolution_ms = 5;

/** Watches the event loop until what is returned is called. */
export function watchEventLoop(): () => Promise<Delay> {
  const histogram = monitorEventLoopDelay({ resolution: resolution_ms });
  histogram.enable();
  return async () => {
    // What holds the loop up at this very moment counts when it has let go.
    await delay(2 * resolution_ms);
    histogram.disable();
    const ms = (held_ns: number): number => Math.max(0, held_ns / 1e6 - resolution_ms);
    return { max_ms: ms(histogram.max), p99_ms: ms(histogram.percentile(99)) };
  };
}

/** What keeps this process alive, apart from the channel to who started it: timers, sockets, requests, by type. */
export const openResources = (): readonly string[] =>
  process.getActiveResourcesInfo().filter((type) => type !== 'PipeWrap');

/** How long `work` takes, in milliseconds. */
export async function timed(work: () => void | Promise<void>): Promise<number> {
  const started_ms = performance.now();
  await work();
  return performance.now() - started_ms;
}

/** Reports to the program's starter. Resolves when it has been handed over. */
export const report = (found: object): Promise<void> =>
  new Promise((resolve, reject) => {
    if (process.send === undefined) throw new Error('expected to be started by a test, with a channel to it');
    process.send(found, (error: Error | null) => (error === null ? resolve() : reject(error)));
  });
