/** What is made of answers: what is gone, what was refused, and what is no answer at all. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { ConnectionError, isAlreadyExists, isConflict, isNotFound } from '../../src/runtime/api-error.ts';
import { connect, json, startServer, status, type TestServer, text } from './http-server.ts';
import { widget, widgets } from './objects.ts';

const ref = { resource: widgets, namespace: 'ns', name: 'curfew:a' };

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

const seen = () => {
  const request = server.requests.at(-1);
  if (request === undefined) throw new Error('expected a request, there was none');
  return request;
};

describe('a delete', () => {
  it('names UID, propagation and dry run in its body', async () => {
    server.plan(json(200, { kind: 'Status', status: 'Success' }));
    await api.delete(ref, { uid: 'u', propagationPolicy: 'Background', dryRun: true });
    expect(seen()).toMatchObject({
      method: 'DELETE',
      body: {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        preconditions: { uid: 'u' },
        propagationPolicy: 'Background',
        dryRun: ['All'],
      },
    });
  });

  it('that is answered with a Status is done', async () => {
    server.plan(json(200, { kind: 'Status', status: 'Success', details: { uid: 'u' } }));
    expect(await api.delete(ref)).toEqual({ gone: true });
  });

  it('that is answered with the object is not: something holds it', async () => {
    const held = {
      ...widget('a', '1'),
      metadata: { ...widget('a', '1').metadata, deletionTimestamp: '2026-01-01T00:00:00Z' },
    };
    server.plan(json(200, held));
    expect(await api.delete(ref)).toEqual({ gone: false, object: held });
  });
});

describe('a refusal', () => {
  it('that is a Status becomes an ApiError with code, reason and message, and names the request', async () => {
    server.plan(status(403, 'Forbidden'));
    await expect(api.patch(ref, 'json', [], { subresource: 'status' })).rejects.toThrow(
      'PATCH widgets/status ns/curfew:a: 403 Forbidden: it is Forbidden',
    );
  });

  it('of a create whose name is taken is told apart from a conflict', async () => {
    server.plan(status(409, 'AlreadyExists'), status(409, 'Conflict'));
    const taken = await api.create(widgets, 'ns', widget('a', '')).catch((error: unknown) => error);
    const late = await api.replace(ref, widget('a', '1')).catch((error: unknown) => error);
    expect([isAlreadyExists(taken), isConflict(taken)]).toEqual([true, false]);
    expect([isAlreadyExists(late), isConflict(late)]).toEqual([false, true]);
  });

  it('is the server’s word only as a Status: a bare 404 does not mean that the object is gone', async () => {
    server.plan(status(404, 'NotFound'), text(404, '404 page not found'));
    const gone = await api.get(ref).catch((error: unknown) => error);
    expect(isNotFound(gone)).toBe(true);
    const unknown = await api.create(widgets, 'ns', {}).catch((error: unknown) => error);
    expect(unknown).toBeInstanceOf(ConnectionError);
    expect(String(unknown)).toContain('got code 404 from something else: 404 page not found');
  });
});

it('an answer that is not JSON is no answer, whatever its code', async () => {
  server.plan(text(200, '<html>Please log in</html>'));
  const error = await api.create(widgets, 'ns', {}).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ConnectionError);
  expect(String(error)).toContain('expected a JSON object with code 200, got: <html>');
});
