/** More operators than there should be: one that was stopped and goes on, and two that both believe to lead. */
import { afterAll, beforeAll, it } from 'vitest';
import { type Ground, openGround } from './ground.ts';
import { leaderStopped } from './stopped-leader.ts';
import { twoLeaders } from './two-leaders.ts';

let ground: Ground;
beforeAll(async () => {
  ground = await openGround();
});
afterAll(() => ground?.close());

it('a leader that is stopped past its lease costs no end more than the lease, and writes nothing when it goes on', () =>
  leaderStopped(ground));

it('two leaders give no access twice, start no clock again, tell everything once, and come to rest', () =>
  twoLeaders(ground));
