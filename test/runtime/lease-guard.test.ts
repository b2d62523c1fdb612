/** Writes that only a leader may send, as they meet a real client: the lease is asked about when a write really goes out. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { Api } from '../../src/runtime/api.ts';
import { NotSentError } from '../../src/runtime/api-error.ts';
import { guardWrites } from '../../src/runtime/lease-guard.ts';
import { eventually } from '../cluster/eventually.ts';
import { connect, json, reset, startServer, status, type TestServer } from './http-server.ts';
import { widget, widgets } from './objects.ts';
import { startHttpProxy } from './proxy-servers.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';
import { failure } from './failure.ts';

const ref = { resource: widgets, namespace: 'ns', name: 'a' };
const fine = json(200, widget('a', '2'));

let server: TestServer;
let clock: VirtualClock;
let api: HttpApi;
let leading: boolean;
/** Those whose outcome is known. */
let attempts: number;
let guarded: Api;

beforeEach(async () => {
  server = await startServer();
  clock = createVirtualClock();
  attempts = 0;
  api = connect(server, { clock, observe: () => (attempts += 1) });
  leading = true;
  guarded = guardWrites(api, () => leading);
});
afterEach(async () => {
  await api.close();
  await server[Symbol.asyncDispose]();
});

const credentials = async () => ({ headers: {}, tls: {} });
/** A write that may be repeated however it failed. */
const write = (): Promise<unknown> => guarded.replace(ref, widget('a', '1'));
const refused = async (outcome: Promise<unknown>): Promise<void> => {
  const error = await outcome;
  expect(error).toBeInstanceOf(NotSentError);
  expect(String(error)).toContain('PUT widgets a: expected to hold the lease, it was lost; nothing was sent');
};

it('a leader’s writes go out, and so do the reads of one that leads no more', async () => {
  server.plan(fine);
  await write();
  leading = false;
  await guarded.get(ref);
  expect(server.requests.map(({ method }) => method)).toEqual(['PUT', 'GET']);
});

describe('a write is not sent any more when the lease was lost', () => {
  it('before it was asked for', async () => {
    leading = false;
    await refused(failure(write()));
    expect(server.connections()).toBe(0);
  });

  it.each([
    ['a connection that broke', reset],
    ['a server in trouble', status(503, 'ServiceUnavailable')],
    ['a server that has too much to do', status(429, 'TooManyRequests', {}, { 'retry-after': '2' })],
  ])('while it waited to be repeated after %s', async (_what, trouble) => {
    server.plan(trouble, fine);
    const outcome = failure(write());
    // What is pending then is the wait.
    await eventually(() => expect([attempts, clock.pending]).toEqual([1, 1]));
    leading = false;
    await clock.advance(10_000);
    await refused(outcome);
    expect(server.requests).toHaveLength(1);
    expect(clock.pending).toBe(0);
  });

  it('while it waited for its turn', async () => {
    const held: (() => void)[] = [];
    server.plan((response) => void held.push(() => fine(response)));
    const first = Array.from({ length: 16 }, () => api.get(ref));
    await server.received(16);
    const outcome = failure(write());
    await settled();
    leading = false;
    for (const answer of held) answer();
    await Promise.all(first);
    await refused(outcome);
    expect(server.requests).toHaveLength(16);
  });

  it('while its connection was being made', async () => {
    const ready = Promise.withResolvers<void>();
    await using proxy = await startHttpProxy({ ready: ready.promise });
    const far = connect(server, {
      connection: { server: server.url, proxy: proxy.url, credentials },
      clock,
    });
    const outcome = failure(guardWrites(far, () => leading).replace(ref, widget('a', '1')));
    await eventually(() => expect(proxy.targets).toHaveLength(1));
    leading = false;
    ready.resolve();
    await refused(outcome);
    expect(server.connections()).toBe(1);
    expect(server.requests).toHaveLength(0);
    await far.close();
  });
});
