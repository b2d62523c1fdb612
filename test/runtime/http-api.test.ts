import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { HttpApi, ObservedRequest } from '../../src/kube/http-api.ts';
import type { Resource } from '../../src/runtime/api.ts';
import { connect, json, startServer, status, type TestServer } from './http-server.ts';
import { widget, widgets } from './objects.ts';

const nodes: Resource = { group: '', version: 'v1', plural: 'nodes', kind: 'Node', namespaced: false };
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

describe('a request', () => {
  beforeEach(() => server.plan(json(200, widget('a', '1'))));

  it('for a named object goes to its path, its name escaped', async () => {
    expect(await api.get(ref)).toEqual(widget('a', '1'));
    expect(seen()).toMatchObject({
      method: 'GET',
      path: '/apis/example.com/v1/namespaces/ns/widgets/curfew%3Aa',
    });
    expect(seen().headers).toMatchObject({
      accept: 'application/json',
      authorization: 'Bearer Known',
      'user-agent': 'curfew-test',
    });
  });

  it('for a cluster-scoped object of the core group goes to /api', async () => {
    await api.get({ resource: nodes, name: 'one' }, { subresource: 'status' });
    expect(seen().path).toBe('/api/v1/nodes/one/status');
  });

  it('goes below the path of the server, where it has one', async () => {
    const below = connect(server, {
      connection: { server: `${server.url}/k8s/c-1`, credentials: async () => ({ headers: {}, tls: {} }) },
    });
    await below.get({ resource: nodes, name: 'one' });
    expect(seen().path).toBe('/k8s/c-1/api/v1/nodes/one');
    await below.close();
  });

  it.each([
    ['merge', 'application/merge-patch+json'],
    ['json', 'application/json-patch+json'],
  ] as const)('with a %s patch says %s', async (type, contentType) => {
    await api.patch(ref, type, { spec: {} }, { subresource: 'status', dryRun: true });
    expect(seen()).toMatchObject({ method: 'PATCH', query: { dryRun: 'All' }, body: { spec: {} } });
    expect(seen().path.endsWith('/curfew%3Aa/status')).toBe(true);
    expect(seen().headers['content-type']).toBe(contentType);
  });

  it('that replaces or creates says application/json', async () => {
    await api.replace(ref, widget('a', '1'));
    expect(seen()).toMatchObject({ method: 'PUT', body: widget('a', '1') });
    expect(seen().headers['content-type']).toBe('application/json');
    await api.create(widgets, 'ns', widget('a', ''), { dryRun: true });
    expect(seen()).toMatchObject({
      method: 'POST',
      path: '/apis/example.com/v1/namespaces/ns/widgets',
      query: { dryRun: 'All' },
    });
    expect(seen().headers['content-type']).toBe('application/json');
  });

  it('that creates a subresource goes to the object that the body names', async () => {
    await api.create(widgets, 'ns', { metadata: { name: 'a' } }, { subresource: 'token' });
    expect(seen().path).toBe('/apis/example.com/v1/namespaces/ns/widgets/a/token');
  });

  it('with an empty name is not sent: it would mean the whole collection', async () => {
    await expect(api.delete({ ...ref, name: '' })).rejects.toThrow("expected a name of widgets, got ''");
    expect(server.requests).toHaveLength(0);
  });

  it('for a namespaced object without a namespace is not sent', async () => {
    await expect(api.get({ resource: widgets, name: 'a' })).rejects.toThrow(
      'expected a namespace for widgets a',
    );
    expect(server.requests).toHaveLength(0);
  });

  it('uses the connections of those before it', async () => {
    for (let sent = 0; sent < 50; sent += 1) await api.get(ref);
    // The pool may open a second one while the first is still being given back.
    expect(server.connections()).toBeLessThanOrEqual(2);
  });
});

describe('a list', () => {
  it('passes on selectors and page, and tells whether there is more', async () => {
    server.plan(json(200, { metadata: { resourceVersion: '9', continue: 'next' }, items: [] }));
    const page = await api.list(widgets, {
      namespace: 'ns',
      labelSelector: 'a=b',
      fieldSelector: 'metadata.name=a',
      limit: 500,
      continue: 'token',
    });
    expect(seen()).toMatchObject({
      path: '/apis/example.com/v1/namespaces/ns/widgets',
      query: { labelSelector: 'a=b', fieldSelector: 'metadata.name=a', limit: '500', continue: 'token' },
    });
    expect(page).toEqual({ resourceVersion: '9', continue: 'next', items: [] });
  });

  it('of all namespaces goes to the collection; its items say what they are, as those of a watch do', async () => {
    const { apiVersion: _apiVersion, kind: _kind, ...bare } = widget('a', '1');
    server.plan(json(200, { metadata: { resourceVersion: '9', continue: '' }, items: [bare] }));
    const page = await api.list(widgets);
    expect(seen().path).toBe('/apis/example.com/v1/widgets');
    expect(page).toEqual({ resourceVersion: '9', continue: undefined, items: [widget('a', '1')] });
  });

  it('without items is empty', async () => {
    server.plan(json(200, { metadata: { resourceVersion: '9' }, items: null }));
    expect((await api.list(widgets)).items).toEqual([]);
  });
});

describe('the hooks', () => {
  it('hear of every attempt, with the method as people say it', async () => {
    const heard: Omit<ObservedRequest, 'duration_ms'>[] = [];
    const observed = connect(server, {
      observe: ({ duration_ms: _duration_ms, ...rest }) => heard.push(rest),
    });
    server.plan(
      status(503, 'ServiceUnavailable'),
      json(200, { metadata: { resourceVersion: '9' }, items: [] }),
    );
    await observed.list(widgets);
    await server[Symbol.asyncDispose]();
    await observed.create(widgets, 'ns', {}).catch(() => undefined);
    expect(heard).toEqual([
      { method: 'LIST', resource: widgets, code: 503 },
      { method: 'LIST', resource: widgets, code: 200 },
      { method: 'POST', resource: widgets, code: 'NoAnswer' },
    ]);
    await observed.close();
  });

  it('hear the server’s time', async () => {
    const heard: number[] = [];
    const observed = connect(server, { onServerDate: (date_ms) => heard.push(date_ms) });
    server.plan(json(200, widget('a', '1'), { date: 'Thu, 01 Jan 2026 00:00:00 GMT' }));
    await observed.get(ref);
    expect(heard).toEqual([Date.UTC(2026, 0, 1)]);
    await observed.close();
  });
});
