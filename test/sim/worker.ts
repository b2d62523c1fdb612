/** A worker thread that runs simulations, with a line of the product broken where it is told so. */
import { registerHooks } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import type { Task } from './faults.ts';
import type { Mutation } from './mutations.ts';
import type { Outcome } from './simulation.ts';

export interface WorkerInput {
  readonly mutation: Mutation | undefined;
}

const { mutation } = workerData as WorkerInput;
let broken = false;
if (mutation !== undefined) {
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      if (!url.endsWith(`/src/${mutation.file}`)) return loaded;
      const given = loaded.source ?? '';
      const source = typeof given === 'string' ? given : Buffer.from(given as Uint8Array).toString('utf8');
      if (source.split(mutation.line).length !== 2) {
        throw new Error(
          `expected "${mutation.line}" once in ${mutation.file}: the mutation has lost its line`,
        );
      }
      broken = true;
      return { ...loaded, source: source.replace(mutation.line, () => mutation.broken) };
    },
  });
}
// Refusals are everyday here, and where one was thrown nobody asks: whoever replays a seed sees it.
Error.stackTraceLimit = 0;
// Only now, so that the hook sees what it loads.
const { simulate } = await import('./simulation.ts');
if (mutation !== undefined && !broken)
  throw new Error(`expected ${mutation.file} to be part of the simulation`);

parentPort?.on('message', (tasks: readonly Task[]) => {
  void (async () => {
    const outcomes: Outcome[] = [];
    for (const task of tasks) outcomes.push(await simulate(task));
    parentPort?.postMessage(outcomes, []);
  })();
});
parentPort?.postMessage([], []);
