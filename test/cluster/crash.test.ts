/**
 * The operator killed at every write of a life, once before the write reaches the API server and once after it was carried
 * out unheard, and started again: the life comes out the same, on time, and is told once.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { cluster } from './cluster.ts';
import { type Workplace, workplace } from './grants.ts';
import { type KillingProxy, type Moment, startKillingProxy } from './killing-proxy.ts';
import { operatorKubeconfig } from './operator.ts';

/** Four writes of status, two of the binding, three Events. */
const writesOfALife = 9;
const duration_s = 3;

let proxy: KillingProxy;
let kubeconfig: string;
let place: Workplace;
let current: OperatorProcess;

beforeAll(async () => {
  const { server, caData } = cluster();
  proxy = await startKillingProxy(server, caData);
  kubeconfig = await operatorKubeconfig(proxy.server);
  place = await workplace('crash');
});
afterAll(async () => {
  await proxy.close();
});

/** Keeps an operator running until told to stop: a killed one is started again, as a Deployment would. */
async function supervise(): Promise<{ stop: () => Promise<void>; starts: () => number }> {
  let stopping = false;
  let starts = 1;
  current = await startOperator({ kubeconfig });
  const loop = (async () => {
    for (;;) {
      await current.ended;
      if (stopping) return;
      current = await startOperator({ kubeconfig });
      starts += 1;
      // Told to stop while it was starting.
      if (stopping) await current.stop('SIGTERM');
    }
  })();
  return {
    starts: () => starts,
    stop: async () => {
      stopping = true;
      await current.stop('SIGTERM');
      await loop;
    },
  };
}

interface Life {
  readonly writes: readonly string[];
  readonly starts: number;
}

const killOperator = (): void => void process.kill(current.pid, 'SIGKILL');

async function live(name: string, write: number, moment: Moment): Promise<Life> {
  proxy.arm({ namespace: place.namespace, write, moment, kill: killOperator });
  const supervisor = await supervise();
  try {
    await place.ask(name, { duration: `${duration_s}s` });
    await place.told(name, 'Requested');
    await place.decide(name, 'bob', 'Approved');
    const { status, metadata } = await place.reach(name, 'Expired', 30);

    const { activationTime = '', expirationTime = '', ended } = status;
    expect(Date.parse(expirationTime) - Date.parse(activationTime)).toBe(duration_s * 1000);
    expect(ended?.reason).toBe('Expired');
    expect((await place.bindings()).filter((binding) => binding.includes(metadata.uid))).toEqual([]);
    expect(await place.may('alice', 'create', 'configmaps')).toBe(false);
    const events = await place.told(name, 'Requested', 'Expired');
    const reasons = events.map(({ reason }) => reason);
    expect(
      reasons.filter((reason, index) => reasons.indexOf(reason) !== index),
      'told twice',
    ).toEqual([]);
    expect(reasons.filter((reason) => !['Requested', 'Granted', 'Expired'].includes(reason))).toEqual([]);
    return { writes: [...proxy.writes()], starts: supervisor.starts() };
  } finally {
    await supervisor.stop();
  }
}

describe('a life', () => {
  it(`takes ${writesOfALife} writes of the operator when nothing goes wrong`, async () => {
    const { writes, starts } = await live('undisturbed', Number.POSITIVE_INFINITY, 'before');
    expect(writes, writes.join('\n')).toHaveLength(writesOfALife);
    expect(starts).toBe(1);
  });
});

const kills = Array.from({ length: writesOfALife }, (_, index) => index + 1).flatMap((write) =>
  (['before', 'after'] as const).map((moment) => ({ write, moment })),
);

describe('an operator that is killed', () => {
  it.each(kills)(
    '$moment write $write of a life and started again lets it come out the same',
    async ({ write, moment }) => {
      const { starts } = await live(`killed-${moment}-${write}`, write, moment);
      expect(proxy.sprung(), 'the kill must have happened').toBe(true);
      expect(starts).toBeGreaterThanOrEqual(write === writesOfALife && moment === 'after' ? 1 : 2);
    },
  );
});
