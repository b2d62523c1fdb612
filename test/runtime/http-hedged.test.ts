/** What becomes of a deletion that gets no answer: access stands until it has one. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { eventually } from '../cluster/eventually.ts';
import { json, silence, type TestResponse } from './http-server.ts';
import { patience_ms } from './hurried-clock.ts';
import { widget } from './objects.ts';
import { createRelayedWorld, ref, type RelayedWorld } from './relayed-world.ts';
import { settled } from './virtual-clock.ts';

const removed = json(200, { kind: 'Status', apiVersion: 'v1', status: 'Success' });

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

const remove = (signal?: AbortSignal) =>
  api.delete(ref, { uid: 'u-1', ...(signal === undefined ? {} : { signal }) });

it('its connection is kept for the next one', async () => {
  server.plan(removed);
  await remove();
  await settled();
  await remove();
  expect(relay.connections()).toBe(1);
});

it('it is sent on a new connection long before its deadline, and the first one is given up', async () => {
  server.plan(json(200, widget('a', '1')), removed);
  await api.get(ref);
  await settled();
  relay.swallow();
  relay.recover();
  const gone = remove();
  await clock.advance(patience_ms - 1);
  expect(relay.connections()).toBe(1);
  await clock.advance(1);
  expect(await gone).toEqual({ gone: true });
  expect(relay.connections()).toBe(2);
  await eventually(() => expect([relay.open(), clock.pending]).toEqual([1, 0]));
});

it('where the server is merely slow, the first answer counts', async () => {
  const slow = Promise.withResolvers<TestResponse>();
  server.plan(slow.resolve, silence);
  const gone = remove();
  await server.received(1);
  await clock.advance(patience_ms);
  await server.received(2);
  removed(await slow.promise);
  expect(await gone).toEqual({ gone: true });
  expect(clock.pending).toBe(0);
});

it('a refusal is an answer', async () => {
  server.plan(
    silence,
    json(403, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code: 403, message: 'no' }),
  );
  const refused = remove().catch((error: unknown) => error);
  await server.received(1);
  await clock.advance(patience_ms);
  expect(String(await refused)).toContain('no');
  expect(clock.pending).toBe(0);
});

it('while nothing gets through it is sent again and again, and all ends with its caller', async () => {
  relay.swallow();
  const stop = new AbortController();
  const reason = new Error('the caller left');
  const left = remove(stop.signal).catch((error: unknown) => error);
  for (const connections of [1, 2, 3]) {
    await eventually(() => expect(relay.connections()).toBe(connections));
    await clock.advance(patience_ms);
  }
  await eventually(() => expect(relay.connections()).toBe(4));
  stop.abort(reason);
  expect(await left).toBe(reason);
  await eventually(() => expect([relay.open(), clock.pending]).toEqual([0, 0]));
});
