/** Runs many seeds on all cores. Must not know what a simulation does. */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Task } from './faults.ts';
import type { Mutation } from './mutations.ts';
import type { Outcome } from './simulation.ts';
import type { WorkerInput } from './worker.ts';

export interface PoolOptions {
  readonly tasks: Iterable<Task>;
  readonly mutation?: Mutation | undefined;
  /** Told every outcome; answers whether that is enough. */
  readonly onOutcome: (outcome: Outcome) => boolean;
}

const chunkSize = 10;
/** Most of what a simulation makes is gone with it: the rarer a collection, the less there is to keep. */
const youngMax_mb = 144;

/** Resolves when all have run, or it is enough. @throws Error when a simulation itself is broken */
export async function runTasks({ tasks, mutation, onOutcome }: PoolOptions): Promise<void> {
  const rest = [...tasks];
  let given = 0;
  let enough = false;
  const next = (): readonly Task[] => {
    const chunk = enough ? [] : rest.slice(given, given + chunkSize);
    given += chunk.length;
    return chunk;
  };
  const input: WorkerInput = { mutation };
  const run = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = new Worker(join(import.meta.dirname, 'worker.ts'), {
        workerData: input,
        execArgv: [],
        resourceLimits: { maxYoungGenerationSizeMb: youngMax_mb },
      });
      worker.on('error', reject);
      worker.on('exit', () => resolve());
      worker.on('message', (outcomes: readonly Outcome[]) => {
        for (const outcome of outcomes) enough = onOutcome(outcome) || enough;
        const chunk = next();
        if (chunk.length === 0) void worker.terminate();
        else worker.postMessage(chunk, []);
      });
    });
  await Promise.all(Array.from({ length: availableParallelism() }, run));
}

/** So many, from this one on. */
export function* seedsFrom(first: number, count: number): Iterable<Task> {
  for (let seed = first; seed < first + count; seed += 1) yield { seed };
}
