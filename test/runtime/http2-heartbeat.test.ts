/** A dead connection is told from a quiet one: what HTTP/2 gives a watch beyond HTTP/1.1. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { failure } from './failure.ts';
import { type Http2World, hold, startHttp2World } from './http2-world.ts';

let world: Http2World;
let server: Http2World['server'];
let clock: Http2World['clock'];
let stop: Http2World['stop'];
let opened: Http2World['opened'];
let nothingIsLeft: Http2World['nothingIsLeft'];

beforeEach(async () => {
  world = await startHttp2World();
  ({ server, clock, stop, opened, nothingIsLeft } = world);
});
afterEach(() => world[Symbol.asyncDispose]());

describe('a silent watch', () => {
  it('lives for as long as the server answers PINGs', async () => {
    server.plan(hold);
    const watched = await opened();
    const next = watched.next();
    for (let round = 1; round <= 10; round += 1) {
      await clock.advance(30_000);
      // The answer to the PING begins the next silence.
      await eventually(() => expect([world.pings(), world.delays_ms.at(-1)]).toEqual([round, 30_000]));
    }
    stop.abort(new Error('it lived'));
    expect(String(await failure(next))).toContain('it lived');
    await nothingIsLeft();
  });

  it('whose network went dark fails within 45 s, and others with it, but not one that was opened since', async () => {
    const { relay, far } = await world.overRelay();
    server.plan(hold);
    const first = await opened(far);
    const second = await opened(far);
    relay.swallow();
    const errors = [failure(first.next()), failure(second.next())];
    await clock.advance(44_999);
    relay.recover();
    const third = (await opened(far)).next();
    expect(clock.pending).toBe(3);
    await clock.advance(1);
    for (const error of await Promise.all(errors)) {
      expect(error).toBeInstanceOf(ConnectionError);
      expect(String(error)).toContain(
        'WATCH widgets: expected an answer to a PING, heard nothing for 45000 ms',
      );
    }
    expect(clock.pending).toBe(1);
    stop.abort(new Error('it lived'));
    expect(String(await failure(third))).toContain('it lived');
    expect(clock.pending).toBe(0);
    await eventually(() => expect(relay.open()).toBe(0));
  });
});
