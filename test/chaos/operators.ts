/**
 * Operators as they are shipped, in one file each: started one after the other or side by side, killed by tests, and what all
 * of them have told together.
 *
 * Must not know what is being tested.
 */
import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type LogLine, type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import type { ChaosCluster } from './chaos-cluster.ts';

const root = join(import.meta.dirname, '..', '..');

export interface Operators {
  /** Resolves when it is ready: with `--leader-elect` also where it only stands by. */
  readonly start: (...flags: readonly string[]) => Promise<OperatorProcess>;
  /** The trail of a namespace: what every operator that was ever started here has told of its grants. */
  readonly trail: (namespace: string) => readonly LogLine[];
  /** Ends all that run. */
  readonly stop: () => Promise<void>;
}

/** Bundles the operator, into the control plane's folder. */
export async function bundleOperators(home: ChaosCluster): Promise<Operators> {
  await promisify(execFile)(process.execPath, [join(root, 'scripts', 'build.ts')]);
  const program = join(home.dataDir, 'operator.mjs');
  await cp(join(root, 'dist', 'operator.mjs'), program);
  const started: OperatorProcess[] = [];
  /** Made beforehand: a restart is to take no longer than it must. One belongs to one process at a time. */
  const free = [await home.operatorKubeconfig(), await home.operatorKubeconfig()];
  return {
    start: async (...flags) => {
      const kubeconfig = free.pop() ?? (await home.operatorKubeconfig());
      const operator = await startOperator({ kubeconfig, program, flags });
      void operator.ended.then(() => free.push(kubeconfig));
      started.push(operator);
      return operator;
    },
    trail: (namespace) =>
      started.flatMap(({ log }) =>
        log.filter(({ audit, grant }) => audit === true && grant?.namespace === namespace),
      ),
    stop: async () => {
      await Promise.all(started.map((operator) => operator.stop('SIGTERM')));
    },
  };
}
