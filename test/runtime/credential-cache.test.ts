import { beforeEach, expect, it } from 'vitest';
import { type CredentialCache, createCredentialCache } from '../../src/kube/credential-cache.ts';
import type { Credentials } from '../../src/kube/kubeconfig.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

let asked: ('Known' | 'Fresh')[];
let ca: string;
let clock: VirtualClock;
let credentials: CredentialCache;

beforeEach(() => {
  asked = [];
  ca = 'CA';
  clock = createVirtualClock();
  const answer = async (age: 'Known' | 'Fresh'): Promise<Credentials> => {
    asked.push(age);
    return { headers: { authorization: `Bearer ${asked.length}` }, tls: { ca: Buffer.from(ca) } };
  };
  credentials = createCredentialCache({ credentials: answer }, clock);
});

it('many requests at the same moment ask once', async () => {
  const all = await Promise.all([credentials(), credentials(), credentials()]);
  expect(new Set(all).size).toBe(1);
  expect(asked).toEqual(['Known']);
});

it('credentials are asked for again after a minute', async () => {
  await credentials();
  await clock.advance(59_999);
  await credentials();
  expect(asked).toHaveLength(1);
  await clock.advance(1);
  await credentials();
  expect(asked).toEqual(['Known', 'Known']);
});

it('many refusals of the same credentials ask once for fresh ones', async () => {
  const refused = await credentials();
  const fresh = await Promise.all([credentials(refused), credentials(refused)]);
  const late = await credentials(refused);
  expect(new Set([...fresh, late]).size).toBe(1);
  expect(asked).toEqual(['Known', 'Fresh']);
});

it('the TLS options stay the same object while they say the same, so that connections are kept', async () => {
  const first = await credentials();
  const same = await credentials(first);
  expect(same.tls).toBe(first.tls);
  ca = 'another CA';
  const other = await credentials(same);
  expect(other.tls).not.toBe(first.tls);
});

it('a failure is not kept', async () => {
  let failing = true;
  const flaky = createCredentialCache(
    {
      credentials: async () => {
        if (failing) throw new Error('the plugin failed');
        return { headers: {}, tls: {} };
      },
    },
    clock,
  );
  await expect(flaky()).rejects.toThrow('the plugin failed');
  failing = false;
  await expect(flaky()).resolves.toEqual({ headers: {}, tls: {} });
});

/** Credentials that never come, but that can be given up. */
const hung = (signals: AbortSignal[]) => ({
  credentials: (_age: unknown, signal?: AbortSignal): Promise<Credentials> => {
    if (signal === undefined) throw new Error('expected a signal');
    signals.push(signal);
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  },
});

it('a plugin that has not answered after 30 s is ended before another one is asked, and who waited hears so', async () => {
  const signals: AbortSignal[] = [];
  const stuck = createCredentialCache(hung(signals), clock);
  const waiting = [stuck(), stuck()];
  await clock.advance(29_999);
  waiting.push(stuck());
  expect([signals.length, signals[0]?.aborted]).toEqual([1, false]);
  await clock.advance(1);
  const next = stuck();
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
  for (const outcome of waiting)
    await expect(outcome).rejects.toThrow('expected credentials within 30000 ms');
  await clock.advance(30_000);
  stuck().catch(() => undefined);
  await expect(next).rejects.toThrow('expected credentials within 30000 ms');
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, false]);
});

it('closing ends a plugin that is being asked, and asks no other', async () => {
  const signals: AbortSignal[] = [];
  const closing = new AbortController();
  const stuck = createCredentialCache(hung(signals), clock, closing.signal);
  const waiting = stuck();
  closing.abort(new Error('the client is closed'));
  await expect(waiting).rejects.toThrow('the client is closed');
  await expect(stuck()).rejects.toThrow('the client is closed');
  expect(signals).toHaveLength(1);
});

it('a plugin that never answers is not waited for for ever', async () => {
  let calls = 0;
  const slow = createCredentialCache(
    {
      credentials: () => {
        calls += 1;
        return calls === 1 ? new Promise(() => undefined) : Promise.resolve({ headers: {}, tls: {} });
      },
    },
    clock,
  );
  void slow();
  await clock.advance(29_999);
  void slow();
  expect(calls).toBe(1);
  await clock.advance(1);
  await expect(slow()).resolves.toEqual({ headers: {}, tls: {} });
});
