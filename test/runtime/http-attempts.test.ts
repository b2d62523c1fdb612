/** Attempts of one request: each has a deadline of its own. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { connect, json, silence, startServer, type TestServer } from './http-server.ts';
import { deadline_ms } from './hurried-clock.ts';
import { widget, widgets } from './objects.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';

const ref = { resource: widgets, namespace: 'ns', name: 'a' };

let server: TestServer;
let clock: VirtualClock;
let api: HttpApi;

beforeEach(async () => {
  server = await startServer();
  clock = createVirtualClock();
  api = connect(server, { clock });
});
afterEach(async () => {
  await api.close();
  await server[Symbol.asyncDispose]();
});

it('an attempt that hangs to its deadline costs the next one nothing of its own', async () => {
  server.plan(silence, silence, json(200, widget('a', '2')));
  const answer = api.get(ref);
  for (let attempts = 1; attempts <= 2; attempts += 1) {
    await server.received(attempts);
    await clock.advance(deadline_ms - 1);
    expect(server.requests).toHaveLength(attempts);
    await clock.advance(1);
    // The wait before the next attempt begins when the connection has really been given up.
    while (clock.pending === 0) await settled();
    await clock.advance(2 ** attempts * 100);
  }
  expect(await answer).toMatchObject({ metadata: { resourceVersion: '2' } });
  expect(server.requests).toHaveLength(3);
});
