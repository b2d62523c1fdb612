/** Watches over HTTP/2 that this side ends: with the client, by their deadline, or because their caller leaves. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { failure } from './failure.ts';
import { type Http2World, hold, startHttp2World } from './http2-world.ts';

let world: Http2World;
let server: Http2World['server'];
let api: Http2World['api'];
let clock: Http2World['clock'];
let stop: Http2World['stop'];
let opened: Http2World['opened'];
let nothingIsLeft: Http2World['nothingIsLeft'];

beforeEach(async () => {
  world = await startHttp2World();
  ({ server, api, clock, stop, opened, nothingIsLeft } = world);
});
afterEach(() => world[Symbol.asyncDispose]());

describe('closing the client', () => {
  it('ends a watch that is open', async () => {
    server.plan(hold);
    const watched = await opened();
    const error = failure(watched.next());
    await api.close();
    expect(await error).toBeInstanceOf(ConnectionError);
    expect(String(await error)).toContain('the client is closed');
    await nothingIsLeft();
    expect(String(await failure(opened()))).toContain('the client is closed');
  });

  it('ends a watch whose connection is not ready yet', async () => {
    const { relay, far } = await world.overRelay();
    relay.swallow();
    const error = failure(opened(far));
    await eventually(() => expect(relay.open()).toBe(1));
    await far.close();
    expect(String(await error)).toContain('the client is closed');
    await eventually(() => expect(relay.open()).toBe(0));
    expect(clock.pending).toBe(0);
  });
});

it('the deadline and the caller end a watch whose connection is not ready yet', async () => {
  const { relay, far } = await world.overRelay();
  relay.swallow();
  const late = failure(opened(far));
  await eventually(() => expect(relay.open()).toBe(1));
  await clock.advance(15_000);
  expect(String(await late)).toContain('expected an answer within 15000 ms, got none');
  await eventually(() => expect(relay.open()).toBe(0));
  const left = failure(opened(far));
  await eventually(() => expect(relay.open()).toBe(1));
  const reason = new Error('the caller left');
  stop.abort(reason);
  expect(await left).toBe(reason);
  await eventually(() => expect(relay.open()).toBe(0));
});
