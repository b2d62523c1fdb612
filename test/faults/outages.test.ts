/** Outages of the network and moods of the server, one rule each, on the real clock: side by side, since most of it is waiting. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { retryAfter_s } from './false-answers.ts';
import { type Scene, setScene } from './scene.ts';

let controlPlane: ControlPlane;
beforeAll(async () => {
  controlPlane = await startControlPlane();
});
afterAll(() => controlPlane.stop());

/** A dead connection is noticed within 45 s, and another one opened within the first backoff. */
const deadMax_ms = 60_000;

/** Insists that the watch went on where it was: one complete state, and a version to go on from. */
function insistOnResuming({ http }: Scene, replaced: number): void {
  expect(replaced).toBe(1);
  expect(http.seen.at(-1)).toMatchObject({ asked: 'Watch', code: 200 });
  expect(http.seen.at(-1)?.resourceVersion).not.toBe('');
}

describe.concurrent('a connection that', () => {
  it('is reset in mid-event loses nothing', async () => {
    await using scene = await setScene(controlPlane);
    const follower = scene.follow();
    await follower.synced;
    expect(scene.tcp.strike({ kind: 'Reset', after_bytes: 50_000 })).toBe(1);
    await scene.create('big', 'groß '.repeat(30_000));
    await scene.agrees();
    expect(follower.errors).toEqual([expect.any(ConnectionError)]);
    insistOnResuming(scene, follower.replaced());
  });

  it.for(['Blackhole', 'HalfOpen'] as const)(
    'dies without a word (%s) is noticed and replaced within 60 s, and no event is lost',
    { timeout: deadMax_ms + 20_000 },
    async (kind) => {
      await using scene = await setScene(controlPlane);
      await scene.create('early');
      const follower = scene.follow();
      await follower.synced;
      expect(scene.tcp.strike({ kind })).toBe(1);
      const dead_ms = performance.now();
      await scene.create('late');
      await scene.change('early', 'später');
      await scene.remove('late');
      await scene.create('late');
      await scene.agrees(deadMax_ms);
      console.log(`${kind}: replaced after ${Math.round(performance.now() - dead_ms)} ms`);
      expect(performance.now() - dead_ms).toBeLessThan(deadMax_ms);
      insistOnResuming(scene, follower.replaced());
    },
  );

  it('cannot be opened is tried until it can', async () => {
    await using scene = await setScene(controlPlane);
    await scene.tcp.newcomers('Refuse');
    const follower = scene.follow();
    await eventually(() => follower.errors.length >= 3, { timeout_ms: 20_000 });
    expect(follower.errors.map(String).join()).toContain('ECONNREFUSED');
    await scene.tcp.newcomers('Forward');
    await scene.agrees(20_000);
  });

  it('is cut into pieces, within characters too, carries every character', async () => {
    await using scene = await setScene(controlPlane);
    scene.plan.chopping = true;
    await scene.create('listed', 'grün 日本語 🔑 \u2028 '.repeat(20));
    const follower = scene.follow();
    await follower.synced;
    await scene.create('watched', 'ελληνικά 🗝️ '.repeat(20));
    await scene.agrees();
    expect(scene.plan.counts.get('CutWithinCharacter')).toBeGreaterThan(0);
  });
});

describe.concurrent('a server that', () => {
  const moods = (['TooManyRequests', 'TooManyRequestsAsText'] as const).flatMap((answer) =>
    (['List', 'Watch'] as const).map((asked) => ({ answer, asked })),
  );
  it.for(moods)(
    'answers $answer to a $asked is not asked again before it wants to',
    async ({ answer, asked }) => {
      await using scene = await setScene(controlPlane);
      scene.plan.streaming = 'Refused';
      scene.plan.arm({ kind: 'Answer', to: [asked], answer });
      const follower = scene.follow();
      await follower.synced;
      await scene.create('late');
      await scene.agrees(20_000);
      const [refused, next] = scene.http.seen.filter((request) => request.asked === asked);
      expect([refused?.code, next?.code]).toEqual([429, 200]);
      const waited_ms = (next?.at_ms ?? 0) - (refused?.at_ms ?? 0);
      expect(waited_ms).toBeGreaterThanOrEqual(retryAfter_s * 1000);
      expect(waited_ms).toBeLessThan(retryAfter_s * 1000 + 5_000);
    },
  );

  it('never marks the end of the complete state is listed instead', async () => {
    await using scene = await setScene(controlPlane);
    scene.plan.streaming = 'Unmarked';
    for (const name of ['a', 'b', 'c']) await scene.create(name);
    scene.plan.pageMax = 2;
    const follower = scene.follow();
    // After 30 s of silence it is taken for one that does not know how.
    await scene.agrees(45_000);
    // The store is right before the watch after the list has been asked for.
    await eventually(() => scene.http.seen.length > 3);
    expect(scene.http.seen.map(({ asked }) => asked)).toEqual(['Stream', 'List', 'Continue', 'Watch']);
    expect(follower.replaced()).toBe(1);
  });

  it('says that it has forgotten, in mid-watch, is asked for everything again', async () => {
    await using scene = await setScene(controlPlane);
    await scene.create('a');
    const follower = scene.follow();
    await follower.synced;
    scene.plan.arm({ kind: 'GoneEvent', after_events: 0 });
    await scene.remove('a');
    await scene.create('b');
    await scene.agrees();
    expect(follower.replaced()).toBe(2);
  });
});

/** Watches of ConfigMaps that the API server has closed because nobody read them fast enough. */
async function watchesClosedAsSlow(): Promise<number> {
  const { stdout } = await kubectl(controlPlane, ['get', '--raw', '/metrics']);
  const line = /^apiserver_terminated_watchers_total\{group="",resource="configmaps"\} (\d+)$/m.exec(stdout);
  return Number(line?.[1] ?? 0);
}

// By itself, for the tens of megabytes that it writes.
describe('a watch', () => {
  it('that is read so slowly that the server closes it is resumed, and no event is lost', async () => {
    await using scene = await setScene(controlPlane, 'Network');
    const reading = Promise.withResolvers<void>();
    const follower = scene.follow(undefined, () => reading.promise);
    const closed = await watchesClosedAsSlow();
    // 24 MB: more than the connection's window, its sockets and the API server's channels hold together.
    const [count, text] = [120, 'x'.repeat(200_000)];
    for (let index = 0; index < count; index += 1) await scene.create(`cm-${index}`, text);
    expect(await watchesClosedAsSlow()).toBeGreaterThan(closed);
    expect(follower.store.size).toBeLessThan(count);
    reading.resolve();
    await scene.agrees(20_000);
    expect(follower.replaced()).toBe(1);
    expect(follower.store.size).toBeGreaterThanOrEqual(count);
  });
});
