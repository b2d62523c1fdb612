/** What is sent again, when, and what is not. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import type { Api } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { connect, json, reset, startServer, status, type TestServer, text } from './http-server.ts';
import { createHurriedClock } from './hurried-clock.ts';
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

type Attempt = (api: Api) => Promise<unknown>;
const conditional = { metadata: { resourceVersion: '1' } };
const harmless: [string, Attempt][] = [
  ['a GET', (to) => to.get(ref)],
  ['a LIST', (to) => to.list(widgets)],
  ['a PUT with a resourceVersion', (to) => to.replace(ref, widget('a', '1'))],
  ['a merge patch with a resourceVersion', (to) => to.patch(ref, 'merge', conditional)],
  ['a DELETE with a UID', (to) => to.delete(ref, { uid: 'u' })],
  ['a POST as a dry run', (to) => to.create(widgets, 'ns', {}, { dryRun: true })],
];
const risky: [string, Attempt][] = [
  ['a POST', (to) => to.create(widgets, 'ns', {})],
  ['a PUT without a resourceVersion', (to) => to.replace(ref, widget('a', ''))],
  ['a merge patch without a resourceVersion', (to) => to.patch(ref, 'merge', { spec: {} })],
  ['a JSON patch', (to) => to.patch(ref, 'json', [])],
  ['a DELETE without a UID', (to) => to.delete(ref)],
];

describe.each(harmless)('%s', (_what, attempt) => {
  it.each([
    ['a reset connection', reset],
    ['a 503', status(503, 'ServiceUnavailable')],
    ['a proxy’s 502', text(502, '<html>Bad Gateway</html>')],
    ['a 429', status(429, 'TooManyRequests')],
  ])('is sent again after %s', async (_failure, fails) => {
    server.plan(fails, fine);
    await attempt(api);
    expect(server.requests).toHaveLength(2);
  });
});

describe.each(risky)('%s', (_what, attempt) => {
  it.each([
    ['a reset connection', reset],
    ['a 503', status(503, 'ServiceUnavailable')],
  ])('is not sent again after %s: it may have happened', async (_failure, fails) => {
    server.plan(fails, fine);
    await failure(attempt(api));
    expect(server.requests).toHaveLength(1);
  });

  it('is sent again after a 429: it has not happened', async () => {
    server.plan(status(429, 'TooManyRequests'), fine);
    await attempt(api);
    expect(server.requests).toHaveLength(2);
  });
});

describe('sending again', () => {
  it('ends after four attempts, with the last failure', async () => {
    server.plan(status(500, 'InternalError'));
    expect(await failure(api.get(ref))).toBeInstanceOf(ApiError);
    expect(server.requests).toHaveLength(4);
    expect(clock.waits_ms).toEqual([100, 200, 400]);
  });

  it('does not begin before Retry-After has passed, wherever it stands', async () => {
    server.plan(
      text(429, 'Too many requests, please try again later.', { 'retry-after': '2' }),
      status(429, 'TooManyRequests', { details: { retryAfterSeconds: 3 } }),
      fine,
    );
    await api.create(widgets, 'ns', {});
    expect(clock.waits_ms).toEqual([2100, 3200]);
  });

  it('is left to the caller when the server asks for more than 10 s', async () => {
    server.plan(text(429, 'later', { 'retry-after': '60' }));
    const error = await failure(api.get(ref));
    expect((error as ApiError).status).toMatchObject({
      code: 429,
      reason: 'TooManyRequests',
      retryAfter_s: 60,
    });
    expect(server.requests).toHaveLength(1);
  });

  it('does not happen after a refusal', async () => {
    server.plan(status(403, 'Forbidden'));
    await failure(api.get(ref));
    expect(server.requests).toHaveLength(1);
  });

  it('stops waiting when the caller aborts', async () => {
    const slow = createVirtualClock();
    const patient = connect(server, { clock: slow });
    server.plan(text(429, 'later', { 'retry-after': '5' }));
    const stop = new AbortController();
    const error = failure(patient.get(ref, { signal: stop.signal }));
    await server.received(1);
    while (slow.pending === 0) await new Promise(setImmediate);
    stop.abort(new Error('the caller left'));
    expect(String(await error)).toContain('the caller left');
    expect(server.requests).toHaveLength(1);
    await patient.close();
  });
});
