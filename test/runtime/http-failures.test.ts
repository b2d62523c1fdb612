/** How long anything may take, how requests end, and who is shown which credentials. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import {
  type Answer,
  connect,
  json,
  reset,
  silence,
  startServer,
  status,
  type TestServer,
} from './http-server.ts';
import { createHurriedClock, deadline_ms } from './hurried-clock.ts';
import { widget, widgets } from './objects.ts';
import { createVirtualClock } from './virtual-clock.ts';
import { failure } from './failure.ts';

const ref = { resource: widgets, namespace: 'ns', name: 'a' };
/** Read as an object and as a list. */
const fine = json(200, { ...widget('a', '2'), items: [] });

let server: TestServer;
let api: HttpApi;
let clock: ReturnType<typeof createHurriedClock>;

beforeEach(async () => {
  server = await startServer();
  clock = createHurriedClock();
  api = connect(server, { clock });
});
afterEach(async () => {
  await api.close();
  await server[Symbol.asyncDispose]();
});

describe('a connection', () => {
  it('that is refused is a ConnectionError with its cause', async () => {
    await server[Symbol.asyncDispose]();
    const error = await failure(api.create(widgets, 'ns', {}));
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as ConnectionError).cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('that breaks in the middle of an answer is a ConnectionError', async () => {
    server.plan((response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write('{"metadata":', () => reset(response));
    });
    expect(await failure(api.create(widgets, 'ns', {}))).toBeInstanceOf(ConnectionError);
  });

  it('is no longer used once the client is closed', async () => {
    server.plan(silence);
    const error = failure(api.create(widgets, 'ns', {}));
    await server.received(1);
    await api.close();
    expect(await error).toBeInstanceOf(ConnectionError);
    expect(String(await failure(api.create(widgets, 'ns', {})))).toContain('the client is closed');
  });
});

const halfAnswer: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"metadata":');
};

describe('the deadline', () => {
  it.each([
    ['no answer comes', silence],
    ['an answer begins and never ends', halfAnswer],
  ])('ends an attempt when %s', async (_what, answer) => {
    const time = createVirtualClock();
    const patient = connect(server, { clock: time });
    server.plan(answer);
    const error = failure(patient.create(widgets, 'ns', {}));
    await server.received(1);
    await time.advance(deadline_ms);
    expect(String(await error)).toContain('expected an answer within 15000 ms, got none');
    expect(await error).toBeInstanceOf(ConnectionError);
    expect(time.pending).toBe(0);
    await patient.close();
  });

  it('covers credentials that never come', async () => {
    const time = createVirtualClock();
    const patient = connect(server, {
      clock: time,
      connection: { server: server.url, credentials: () => new Promise(() => undefined) },
    });
    const error = failure(patient.create(widgets, 'ns', {}));
    await time.advance(deadline_ms);
    expect(await error).toBeInstanceOf(ConnectionError);
    await patient.close();
  });
});

describe('an abort', () => {
  it('ends a request in flight with the caller’s own reason', async () => {
    server.plan(silence);
    const stop = new AbortController();
    const error = failure(api.get(ref, { signal: stop.signal }));
    await server.received(1);
    const reason = new Error('the caller left');
    stop.abort(reason);
    expect(await error).toBe(reason);
  });

  it('that came before keeps the request from being sent', async () => {
    const reason = new Error('gone already');
    expect(await failure(api.get(ref, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    expect(server.requests).toHaveLength(0);
  });
});

const tokens = (): (string | undefined)[] => server.requests.map(({ headers }) => headers.authorization);

describe('credentials', () => {
  it('are read again once after a 401, also for a POST, and then kept', async () => {
    server.plan(status(401, 'Unauthorized'), fine);
    await api.create(widgets, 'ns', {});
    await api.get(ref);
    expect(tokens()).toEqual(['Bearer Known', 'Bearer Fresh', 'Bearer Fresh']);
  });

  it('that are refused twice are a refusal', async () => {
    server.plan(status(401, 'Unauthorized'));
    expect(await failure(api.get(ref))).toMatchObject({ status: { code: 401 } });
    expect(server.requests).toHaveLength(2);
  });

  it('that cannot be had are a ConnectionError with its cause, and nothing is sent', async () => {
    const cause = new Error('no such plugin');
    const poor = connect(server, {
      connection: { server: server.url, credentials: () => Promise.reject(cause) },
    });
    expect(await failure(poor.create(widgets, 'ns', {}))).toMatchObject({ name: 'ConnectionError', cause });
    expect(server.requests).toHaveLength(0);
    await poor.close();
  });
});
