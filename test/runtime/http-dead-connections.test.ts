/** What becomes of connections that are kept when the network under them went dark. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { type Answer, connect, json, silence, type TestResponse } from './http-server.ts';
import { deadline_ms } from './hurried-clock.ts';
import { widget, widgets } from './objects.ts';
import { createRelayedWorld, ref, type RelayedWorld } from './relayed-world.ts';
import { settled } from './virtual-clock.ts';

const fine = json(200, widget('a', '1'));

let world: RelayedWorld;
let server: RelayedWorld['server'];
let relay: RelayedWorld['relay'];
let clock: RelayedWorld['clock'];
let api: RelayedWorld['api'];

beforeEach(async () => {
  world = await createRelayedWorld();
  ({ server, relay, clock, api } = world);
});
afterEach(() => world[Symbol.asyncDispose]());

/** Makes the client keep so many connections: as many requests are answered only when all have come. */
const keepConnections = async (count: number): Promise<void> => {
  const waiting: TestResponse[] = [];
  const together: Answer = (response) => {
    if (waiting.push(response) === count) for (const each of waiting) fine(each);
  };
  server.plan(...Array.from({ length: count }, () => together), fine);
  await Promise.all(Array.from({ length: count }, () => api.get(ref)));
  // The last one is still being given back.
  await settled();
  expect(relay.open()).toBe(count);
};

it('after an attempt without an answer, the next one does not try another connection of the same time', async () => {
  await keepConnections(5);
  relay.swallow();
  relay.recover();
  const answer = api.get(ref);
  await clock.advance(deadline_ms);
  expect(relay.connections()).toBe(5);
  await clock.advance(200);
  expect(await answer).toEqual(widget('a', '1'));
  expect(relay.connections()).toBe(6);
  await eventually(() => expect(relay.open()).toBe(1));
  expect(clock.pending).toBe(0);
});

it('many attempts that end without an answer, one after the other, cost the connections made since nothing', async () => {
  await keepConnections(2);
  relay.swallow();
  relay.recover();
  const first = api.get(ref);
  await clock.advance(5000);
  const second = api.get(ref);
  await clock.advance(deadline_ms - 5000 + 200);
  expect(await first).toEqual(widget('a', '1'));
  await clock.advance(5000);
  expect(await second).toEqual(widget('a', '1'));
  expect(relay.connections()).toBe(3);
});

it('an attempt that ends without an answer does not end others in flight', async () => {
  const slow = Promise.withResolvers<TestResponse>();
  server.plan(silence, slow.resolve, fine);
  const lost = api.create(widgets, 'ns', {}).catch((error: unknown) => error);
  await server.received(1);
  await clock.advance(5000);
  const other = api.get(ref);
  await server.received(2);
  await clock.advance(deadline_ms - 5000);
  expect(await lost).toBeInstanceOf(ConnectionError);
  fine(await slow.promise);
  expect(await other).toEqual(widget('a', '1'));
});

it('closing the client cuts requests in flight on connections that it had given up, too', async () => {
  server.plan(silence);
  const lost = api.create(widgets, 'ns', {}).catch((error: unknown) => error);
  await server.received(1);
  await clock.advance(5000);
  const other = api.create(widgets, 'ns', {}).catch((error: unknown) => error);
  await server.received(2);
  await clock.advance(deadline_ms - 5000);
  await lost;
  await api.close();
  expect(await other).toBeInstanceOf(ConnectionError);
  expect(clock.pending).toBe(0);
});

it('an attempt that its caller ends says nothing about other connections', async () => {
  await keepConnections(2);
  server.plan(silence, fine);
  await api.get(ref);
  const stop = new AbortController();
  const left = api.create(widgets, 'ns', {}, { signal: stop.signal }).catch((error: unknown) => error);
  await server.received(4);
  stop.abort(new Error('the caller left'));
  expect(String(await left)).toContain('the caller left');
  await api.get(ref);
  expect(relay.connections()).toBe(2);
});

/** A client whose handshake is never answered. */
const intoTheDark = (): HttpApi => {
  relay.swallow();
  return connect({ ...server, url: `https://127.0.0.1:${relay.port}` }, { clock });
};

describe('a request whose connection does not become ready', () => {
  it('ends with its caller', async () => {
    const far = intoTheDark();
    const stop = new AbortController();
    const reason = new Error('the caller left');
    const left = far.create(widgets, 'ns', {}, { signal: stop.signal }).catch((error: unknown) => error);
    await eventually(() => expect(relay.open()).toBe(1));
    stop.abort(reason);
    expect(await left).toBe(reason);
    await far.close();
    await eventually(() => expect([relay.open(), clock.pending]).toEqual([0, 0]));
  });

  it('ends at its deadline, and with it the connection', async () => {
    const far = intoTheDark();
    const late = far.create(widgets, 'ns', {}).catch((error: unknown) => error);
    await eventually(() => expect(relay.open()).toBe(1));
    await clock.advance(deadline_ms);
    expect(String(await late)).toContain('expected an answer within 15000 ms, got none');
    await eventually(() => expect([relay.open(), clock.pending]).toEqual([0, 0]));
    await far.close();
  });
});
