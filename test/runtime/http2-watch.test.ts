/** Watches over HTTP/2, each on a connection of its own. What is the same over HTTP/1.1 is in http-watch. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import { type Answer, reset, stream, type TestResponse } from './http-server.ts';
import { failure } from './failure.ts';
import { type Http2World, hold, line, startHttp2World, streamOf } from './http2-world.ts';

let world: Http2World;
let server: Http2World['server'];
let clock: Http2World['clock'];
let opened: Http2World['opened'];
let nothingIsLeft: Http2World['nothingIsLeft'];

beforeEach(async () => {
  world = await startHttp2World();
  ({ server, clock, opened, nothingIsLeft } = world);
});
afterEach(() => world[Symbol.asyncDispose]());

it('every watch over HTTP/2 has a connection of its own', async () => {
  server.plan(hold);
  await Promise.all([opened(), opened(), opened()]);
  expect(server.requests.map(({ httpVersion }) => httpVersion)).toEqual(['2.0', '2.0', '2.0']);
  expect(server.open()).toBe(3);
});

describe('a watch over HTTP/2 that is cut off', () => {
  it.each<[string, Answer]>([
    ['by RST_STREAM', (response) => streamOf(response).destroy(new Error('the server failed'))],
    ['by GOAWAY', (response) => streamOf(response).session?.goaway(11)],
    ['by the end of its connection', reset],
    [
      'by the end of its connection after a GOAWAY that let it go on',
      (response) => {
        streamOf(response).session?.goaway();
        setImmediate(() => reset(response));
      },
    ],
  ])('%s fails: it is not taken for one that ended', async (_what, cut) => {
    const open = Promise.withResolvers<TestResponse>();
    server.plan(stream([line('a')], open.resolve));
    const watched = await opened();
    const response = await open.promise;
    streamOf(response).on('error', () => undefined);
    cut(response);
    expect(await failure(watched.next())).toBeInstanceOf(ConnectionError);
    await nothingIsLeft();
  });

  it('fails too when nobody is reading at the moment', async () => {
    const open = Promise.withResolvers<TestResponse>();
    server.plan(stream([line('a')], open.resolve));
    const watched = await opened();
    streamOf(await open.promise).session?.goaway(11);
    await eventually(() => expect([clock.pending, server.open()]).toEqual([0, 0]));
    expect(await failure(watched.next())).toBeInstanceOf(ConnectionError);
    await nothingIsLeft();
  });
});

it('a server that is going away may still end its watches in peace', async () => {
  const open = Promise.withResolvers<TestResponse>();
  server.plan(stream([line('a')], open.resolve));
  const watched = await opened();
  const response = await open.promise;
  streamOf(response).session?.close();
  response.write(line('b'));
  response.end(line('c'));
  const names = [(await watched.next()).value, (await watched.next()).value];
  expect(names).toMatchObject([
    { object: { metadata: { name: 'b' } } },
    { object: { metadata: { name: 'c' } } },
  ]);
  expect((await watched.next()).done).toBe(true);
  await nothingIsLeft();
});

it('a watch that is not read on holds the server back, and no other watch', async () => {
  const chunk = line('a', 'x'.repeat(64 * 1024));
  const total = 512;
  const written: number[] = [];
  server.plan((response) => {
    const index = written.push(0) - 1;
    response.writeHead(200, {});
    const next = (count: number): void => {
      written[index] = count;
      if (count === total) response.end(chunk);
      else response.write(chunk, () => next(count + 1));
    };
    next(1);
  });
  const idle = await opened();
  const busy = await opened();
  const rest = async (watched: typeof idle): Promise<number> => {
    let read = 0;
    while ((await watched.next()).done !== true) read += 1;
    return read;
  };
  expect(await rest(busy)).toBe(total - 1);
  expect((written[0] ?? 0) * chunk.length).toBeLessThan(8 * 1024 * 1024);
  expect(await rest(idle)).toBe(total - 1);
});
