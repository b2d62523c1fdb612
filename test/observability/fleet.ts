/**
 * Replicas of the operator beside a control plane of their own, at addresses that stay the same when one is replaced, so that
 * Prometheus can be told of them beforehand; a node exporter that shows what the reaper writes; and Prometheus itself.
 *
 * Must not know what happens to them.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRules } from '../../observability/rules.ts';
import { type ChaosCluster, startChaosCluster } from '../chaos/chaos-cluster.ts';
import { startComponent } from '../controlplane/component.ts';
import { freePort } from '../controlplane/ports.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { type Prometheus, startPrometheus } from './prometheus-process.ts';
import { findNodeExporter } from './tools/prometheus.ts';

export type Pod = 'a' | 'b' | 'c';

export interface Fleet {
  readonly home: ChaosCluster;
  readonly prometheus: Prometheus;
  /** Starts a replica; resolves when it is ready, be it leading or waiting, or when it listens. */
  readonly start: (pod: Pod, options?: StartOptions) => Promise<OperatorProcess>;
  /** The replicas that were started last, dead or alive. */
  readonly replicas: ReadonlyMap<Pod, OperatorProcess>;
  /** The replica that leads by its own metrics. @throws Error while none does */
  readonly leader: () => Promise<Pod>;
  /** Ends every replica. */
  readonly stop: (signal: 'SIGTERM' | 'SIGKILL') => Promise<void>;
  /** Where the reaper is to write for the node exporter. */
  readonly textfile: string;
  readonly end: () => Promise<void>;
}

export interface StartOptions {
  readonly nodeFlags?: readonly string[];
  readonly until?: 'listening' | 'ready';
}

const pods = ['a', 'b', 'c'] as const;

/** A control plane, two replicas and a Prometheus that has seen them; rules with every span of time divided by `haste`. */
export async function startFleet(haste: number): Promise<Fleet> {
  const home = await startChaosCluster();
  const replicas = new Map<Pod, OperatorProcess>();
  const cleanups: (() => Promise<unknown>)[] = [];
  const stop: Fleet['stop'] = async (signal) => {
    await Promise.all(Array.from(replicas.values(), (replica) => replica.stop(signal)));
  };
  const end = async (): Promise<void> => {
    await stop('SIGKILL');
    for (const cleanup of cleanups.toReversed()) await cleanup();
    await home.stop();
  };
  try {
    const ports = { a: await freePort(), b: await freePort(), c: await freePort(), node: await freePort() };
    const textfiles = join(home.dataDir, 'textfiles');
    cleanups.push(await exportTextfiles(home.dataDir, textfiles, ports.node));
    const start: Fleet['start'] = async (pod, options = {}) => {
      const replica = await startOperator({
        kubeconfig: await home.operatorKubeconfig(),
        // The last address counts.
        flags: ['--leader-elect', `--metrics-bind-address=127.0.0.1:${ports[pod]}`],
        ...options,
      });
      replicas.set(pod, replica);
      return replica;
    };
    await Promise.all([start('a'), start('b')]);
    // As in a cluster that has been in use for a while.
    await home.eventually(() => guardIsVerified(replicas.values()), { timeout_ms: 60_000 });
    const targets = [...pods, 'node' as const].map((pod) => ({ pod, port: ports[pod] }));
    const prometheus = await startPrometheus({ folder: home.dataDir, targets, rules: createRules(haste) });
    cleanups.push(prometheus.stop);
    const leader: Fleet['leader'] = () => home.eventually(() => leaderBy(prometheus), { timeout_ms: 40_000 });
    await leader();
    // Prometheus learns of its targets five seconds after its start, and until then there is nobody who leads.
    await home.eventually(async () => (await prometheus.firing()).length === 0);
    return { home, prometheus, start, stop, replicas, leader, textfile: join(textfiles, 'curfew.prom'), end };
  } catch (error) {
    await end();
    throw error;
  }
}

async function guardIsVerified(replicas: Iterable<OperatorProcess>): Promise<boolean> {
  const pages = await Promise.all(Array.from(replicas, (replica) => replica.metrics()));
  return pages.some((page) => /^curfew_guard_verified 1$/m.test(page));
}

async function leaderBy({ query }: Prometheus): Promise<Pod> {
  const [sample] = await query('leader_election_master_status == 1');
  const pod = pods.find((name) => name === sample?.metric['pod']);
  if (pod === undefined) throw new Error('nobody leads');
  return pod;
}

/** The real exporter with nothing but textfiles. Resolves with what ends it. */
async function exportTextfiles(
  folder: string,
  textfiles: string,
  port: number,
): Promise<() => Promise<unknown>> {
  await mkdir(textfiles);
  const exporter = await startComponent({
    name: 'node-exporter',
    command: await findNodeExporter(),
    arguments: [
      '--collector.disable-defaults',
      '--collector.textfile',
      `--collector.textfile.directory=${textfiles}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    folder,
  });
  return () => {
    exporter.kill('SIGTERM');
    return exporter.ended;
  };
}
