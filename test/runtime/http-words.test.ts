/** What is not the API server's word, though it looks like an answer: whoever stands in between must not speak for it. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ApiError, ConnectionError } from '../../src/runtime/api-error.ts';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { connect, json, startServer, status, type TestServer } from './http-server.ts';
import { widgets } from './objects.ts';

const ref = { resource: widgets, namespace: 'ns', name: 'a' };
let server: TestServer;
let api: HttpApi;
beforeEach(async () => {
  server = await startServer();
  api = connect(server);
});
afterEach(async () => {
  await api.close();
  await server[Symbol.asyncDispose]();
});

it.each([
  ['without items', { metadata: { resourceVersion: '9' } }],
  ['without a resourceVersion', { metadata: {}, items: [] }],
  ['that is a Status', { kind: 'Status', status: 'Success' }],
])('a list %s is none: an empty one would empty the cache', async (_what, body) => {
  server.plan(json(200, body));
  await expect(api.list(widgets)).rejects.toBeInstanceOf(ConnectionError);
});

it.each([
  ['a Status that says Failure', { kind: 'Status', status: 'Failure' }],
  ['something else', { page: 'hello' }],
])('a delete answered by %s is not known to be done', async (_what, body) => {
  server.plan(json(200, body));
  await expect(api.delete(ref, { uid: 'u' })).rejects.toBeInstanceOf(ConnectionError);
});

it('a Status that contradicts the answer which carries it is not taken for a missing object', async () => {
  server.plan(
    json(502, { kind: 'Status', status: 'Failure', code: 404, reason: 'NotFound', message: 'gone' }),
  );
  await expect(api.get(ref)).rejects.toBeInstanceOf(ConnectionError);
});

it.each([-1_000_000, 'soon', null])('a wait of %j seconds is none', async (retryAfterSeconds) => {
  server.plan(status(403, 'Forbidden', { details: { retryAfterSeconds } }));
  const error: unknown = await api.get(ref).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ApiError);
  expect((error as ApiError).status.retryAfter_s).toBeUndefined();
});
