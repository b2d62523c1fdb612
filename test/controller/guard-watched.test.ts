/** The guard is watched: a gap is found by itself, long before anybody asks and before the next look at rest. */
import { expect, it } from 'vitest';
import { createClusterInMemory } from './cluster-in-memory.ts';
import { installGuard } from './guard-in-memory.ts';
import { startOperatorInMemory } from './operator-in-memory.ts';

it('denies what waits within a second of a gap, though nothing of it was touched', async () => {
  const cluster = await createClusterInMemory();
  const guard = await installGuard(cluster.api);
  const operator = await startOperatorInMemory({
    clock: cluster.clock,
    api: guard.api,
    checksGuard: true,
  });
  await cluster.clock.advance(3_000);
  const record = await guard.record();
  await cluster.request('inc-1');
  expect((await cluster.grant('inc-1')).status.phase).toBe('Pending');
  await guard.weaken();
  await guard.restore();
  await cluster.clock.advance(1_000);
  const { status } = await cluster.grant('inc-1');
  expect(status).toMatchObject({ phase: 'Denied', ended: { reason: 'GuardGap' } });
  expect((await guard.record())?.metadata.uid).not.toBe(record?.metadata.uid);
  await operator.stop();
});
