/** The lanes as the API's callers meet them. How they work is in lanes. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Subject } from '../../src/kube/call.ts';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { eventually } from '../cluster/eventually.ts';
import {
  connect,
  json,
  startServer,
  status,
  stream,
  type TestResponse,
  type TestServer,
} from './http-server.ts';
import { deadline_ms } from './hurried-clock.ts';
import { widget, widgets } from './objects.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';

const refOf = (name: string) => ({ resource: widgets, namespace: 'ns', name });
const fine = json(200, widget('a', '1'));

let server: TestServer;
let clock: VirtualClock;
let api: HttpApi;
let sorted: Subject[];
let codes: (number | 'NoAnswer')[];
/** What the server has not answered yet, in order of arrival. */
let held: TestResponse[];

beforeEach(async () => {
  server = await startServer();
  clock = createVirtualClock();
  sorted = [];
  codes = [];
  held = [];
  server.plan((response) => void held.push(response));
  api = connect(server, {
    clock,
    observe: ({ code }) => codes.push(code),
    priorityOf: (subject) => {
      sorted.push(subject);
      return subject.method === 'DELETE' ? 'Access' : 'Read';
    },
  });
});
afterEach(async () => {
  await api.close();
  await server[Symbol.asyncDispose]();
});

const outcome = (work: Promise<unknown>): Promise<unknown> => work.catch((error: unknown) => error);
const get = (name: string, signal?: AbortSignal): Promise<unknown> =>
  outcome(api.get(refOf(name), { signal }));
const post = (): Promise<unknown> => outcome(api.create(widgets, 'ns', {}));
const fill = (): Promise<unknown>[] => Array.from({ length: 16 }, (_, index) => get(`r${index}`));
/** Answers whatever comes until `work` is done. */
const answerAll = async (work: Promise<unknown>): Promise<void> => {
  const done = work.then(() => true);
  while ((await Promise.race([done, settled()])) !== true) {
    for (const response of held.splice(0)) fine(response);
  }
};
const paths = (from: number): string[] =>
  server.requests.slice(from).map(({ path }) => path.split('/').at(-1) ?? '');

it('who sorts requests is told what each is about', async () => {
  const patched = outcome(api.patch(refOf('a'), 'merge', {}, { subresource: 'status' }));
  const listed = outcome(api.list(widgets));
  const created = outcome(api.create(widgets, 'ns', {}));
  expect(sorted).toMatchObject([
    { method: 'PATCH', resource: widgets, subresource: 'status', namespace: 'ns' },
    { method: 'LIST', resource: widgets },
    { method: 'POST', resource: widgets, namespace: 'ns' },
  ]);
  await answerAll(Promise.all([patched, listed, created]));
});

it('the server gets 16 requests at a time, and the important ones first', async () => {
  const first = fill();
  const read = get('read');
  const ended = outcome(api.delete(refOf('ended'), { uid: 'u' }));
  await server.received(16);
  await settled();
  expect(server.requests).toHaveLength(16);
  for (const response of held.splice(0, 2)) fine(response);
  await server.received(18);
  expect(paths(16)).toEqual(['ended', 'read']);
  await answerAll(Promise.all([...first, read, ended]));
  expect(clock.pending).toBe(0);
});

it('watches take no place', async () => {
  const first = fill();
  await server.received(16);
  const stop = new AbortController();
  const watched = api.watch(widgets, { timeout_s: 300, signal: stop.signal })[Symbol.asyncIterator]();
  const next = watched.next();
  await server.received(17);
  const response = held.pop();
  if (response !== undefined) stream([])(response);
  expect((await next).done).toBe(true);
  await answerAll(Promise.all(first));
});

it('the time for which a request waits for its turn is not part of its deadline', async () => {
  const first = Array.from({ length: 16 }, post);
  await server.received(16);
  await clock.advance(1000);
  const late = post();
  await clock.advance(deadline_ms - 1000);
  for (const error of await Promise.all(first)) expect(error).toBeInstanceOf(ConnectionError);
  await server.received(17);
  await clock.advance(deadline_ms - 1);
  for (const response of held.splice(16)) fine(response);
  expect(await late).toEqual(widget('a', '1'));
});

it('a caller who leaves before its turn is not waited for', async () => {
  const first = fill();
  await server.received(16);
  const stop = new AbortController();
  const reason = new Error('the caller left');
  const left = get('left', stop.signal);
  stop.abort(reason);
  expect(await left).toBe(reason);
  await answerAll(Promise.all(first));
  expect(paths(0)).not.toContain('left');
});

it('a 429 halves what the server gets at a time', async () => {
  const first = fill();
  const more = fill();
  await server.received(16);
  const busy = held.shift();
  if (busy !== undefined) status(429, 'TooManyRequests')(busy);
  for (const response of held.splice(0)) fine(response);
  await server.received(24);
  await settled();
  expect(server.requests).toHaveLength(24);
  const all = Promise.all([...first, ...more]);
  void clock.advance(1000);
  await answerAll(all);
});

it('closing the client ends those that wait for their turn, too', async () => {
  const first = fill();
  const waiting = post();
  await server.received(16);
  await api.close();
  expect(String(await waiting)).toContain('POST widgets ns: expected an answer');
  await clock.advance(5000);
  await Promise.all(first);
  expect(clock.pending).toBe(0);
});

it('closing the client ends those that are held back, too', async () => {
  const refused = post();
  await server.received(1);
  const busy = held.shift();
  if (busy !== undefined) status(429, 'TooManyRequests', {}, { 'retry-after': '7' })(busy);
  await eventually(() => expect(codes).toEqual([429]));
  const waiting = post();
  await api.close();
  expect(await waiting).toBeInstanceOf(ConnectionError);
  await clock.advance(10_000);
  expect(await refused).toBeInstanceOf(ConnectionError);
  expect(clock.pending).toBe(0);
});
