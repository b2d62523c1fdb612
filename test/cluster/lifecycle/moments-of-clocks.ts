/** The hard moments in which the operator's clock is wrong: each needs an operator of its own. */
import { expect } from 'vitest';
import { leaping, skewed } from '../../operator/skewed-clock.ts';
import { startOperator } from '../../operator/operator-process.ts';
import { operatorKubeconfig } from '../operator.ts';
import { type Scenario, scenario } from './scenario.ts';

const hour_ms = 3_600_000;

async function withOperator(
  nodeFlags: readonly string[],
  act: (pid: number) => Promise<unknown>,
): Promise<void> {
  const operator = await startOperator({ kubeconfig: await operatorKubeconfig(), nodeFlags });
  try {
    await act(operator.pid);
  } finally {
    await operator.stop('SIGTERM');
  }
}

export const momentsOfClocks: readonly Scenario[] = [
  scenario(
    "our clock and the API server's differ by more than 30 seconds",
    'it is two hours late: nothing begins, and what must end does',
    async (s) => {
      const ending = await s.active({ duration: '15s' });
      const asked = await s.ask();
      await asked.shows('waiting for people');
      await s.whileDown(() =>
        withOperator(skewed(-2 * hour_ms), async () => {
          await asked.say('bob', 'Approved');
          await asked.shows('blocked', { reason: 'ClockSkewed' });
          await ending.shows('over', { ended: 'Expired' });
          expect(await s.bindings()).toEqual([]);
        }),
      );
      await asked.shows('access proved');
    },
  ),

  scenario('our clock leaps, or the machine slept', 'by two hours: an hour of access is over', async (s) => {
    const life = await s.active();
    await s.whileDown(() =>
      withOperator(leaping(2 * hour_ms), async (pid) => {
        await s.home.eventually(s.aliceMayWork);
        process.kill(pid, 'SIGUSR2');
        await s.home.eventually(async () => !(await s.aliceMayWork()), { timeout_ms: 5_000 });
        await life.shows('over', { ended: 'Expired' });
      }),
    );
  }),
];
