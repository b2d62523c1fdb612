/** A leader whose work meets an API server in trouble: the lease has connections and lanes of its own, and is kept. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { runLeaderElection } from '../../src/runtime/lease.ts';
import type { Lease } from '../../src/runtime/lease-record.ts';
import { type Answer, connect, json, silence, startServer, status, type TestServer } from './http-server.ts';
import { leaseRef } from './lease-server.ts';
import { widgets } from './objects.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

let server: TestServer;
let clock: VirtualClock;
let forLease: HttpApi;
let forWork: HttpApi;
let lease: Lease;
let stop: AbortController;

beforeEach(async () => {
  server = await startServer();
  clock = createVirtualClock();
  forLease = connect(server, { clock });
  forWork = connect(server, { clock });
  stop = new AbortController();
  const { name, namespace } = leaseRef;
  const spec = { holderIdentity: '', leaseDurationSeconds: 1, leaseTransitions: 0 };
  lease = { metadata: { name, namespace, resourceVersion: '0' }, spec };
});
afterEach(async () => {
  await forLease.close();
  await forWork.close();
  await server[Symbol.asyncDispose]();
});

/** Answers what is about the Lease as a server does; everything else gets `trouble`. */
const answering =
  (trouble: Answer): Answer =>
  (response) => {
    const request = server.requests.at(-1);
    if (request?.path.includes('/leases') !== true) return trouble(response);
    if (request.query['watch'] === 'true') return silence(response);
    if (request.method === 'PUT') {
      const { metadata, spec } = request.body as Lease;
      const resourceVersion = `${Number(lease.metadata.resourceVersion) + 1}`;
      lease = { spec, metadata: { ...metadata, resourceVersion } };
    }
    return json(200, lease)(response);
  };

/** Sockets take their own time, and a step of the clock sets off what was planned for now. */
const seen = (check: () => void): Promise<void> =>
  vi.waitFor(
    async () => {
      await clock.advance(1);
      check();
    },
    { timeout: 10_000, interval: 5 },
  );
const sent = (wanted: string): number => server.requests.filter(({ method }) => method === wanted).length;

it.each([
  ['hangs', silence],
  [
    'is refused for want of room, for as long as may be',
    status(429, 'TooManyRequests', {}, { 'retry-after': '9' }),
  ],
])('a leader all of whose other work %s renews its lease all the same', async (_what, trouble) => {
  server.plan(answering(trouble));
  let ended: unknown;
  const election = runLeaderElection({
    api: forLease,
    clock,
    lease: leaseRef,
    identity: 'me',
    signal: stop.signal,
    lead: async (signal) => {
      const work = Array.from({ length: 100 }, () => forWork.create(widgets, 'ns', {}, { signal }));
      ended = await Promise.allSettled(work);
    },
  });
  await seen(() => expect(lease.spec?.holderIdentity).toBe('me'));
  await seen(() => expect(sent('POST')).toBe(16));
  for (let renewals = 1; renewals <= 20; renewals += 1) {
    const before = sent('PUT');
    await clock.advance(2_000);
    await seen(() => expect(sent('PUT')).toBeGreaterThan(before));
  }
  expect(ended).toBeUndefined();
  stop.abort(new Error('SIGTERM'));
  // The release is the last write.
  await seen(() => expect(lease.spec?.holderIdentity).toBe(''));
  await expect(election).resolves.toBe('Released');
});
