import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { stringify } from 'yaml';
import { loadConnection } from '../../src/kube/kubeconfig.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-kubeconfig-'));
  path = join(folder, 'config');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Writes a kubeconfig with one cluster, one user, and the contexts `main` and `other`. */
const write = (user: object, cluster: object = {}): Promise<void> =>
  writeFile(
    path,
    stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'main',
      clusters: [
        { name: 'c', cluster: { server: 'https://api.test.invalid:6443', ...cluster } },
        { name: 'elsewhere', cluster: { server: 'https://elsewhere.test.invalid' } },
      ],
      users: [
        { name: 'u', user },
        { name: 'somebody', user: { token: 'other token' } },
      ],
      contexts: [
        { name: 'main', context: { cluster: 'c', user: 'u', namespace: 'payments' } },
        { name: 'other', context: { cluster: 'elsewhere', user: 'somebody' } },
      ],
    }),
  );

describe('a kubeconfig', () => {
  it('gives server, namespace, CA and token', async () => {
    await write({ token: 'secret' }, { 'certificate-authority-data': base64('the CA') });
    const connection = loadConnection(path);
    expect(connection).toMatchObject({ server: 'https://api.test.invalid:6443', namespace: 'payments' });
    expect(await connection.credentials('Known')).toEqual({
      headers: { Authorization: 'Bearer secret' },
      tls: { ca: Buffer.from('the CA') },
    });
  });

  it('is found through KUBECONFIG when no path is given', async () => {
    await write({ token: 'secret' });
    vi.stubEnv('KUBECONFIG', path);
    expect(loadConnection().server).toBe('https://api.test.invalid:6443');
  });

  it('gives the context that was asked for', async () => {
    await write({ token: 'secret' });
    const connection = loadConnection(path, { context: 'other' });
    expect(connection.server).toBe('https://elsewhere.test.invalid');
    expect((await connection.credentials('Known')).headers).toEqual({ Authorization: 'Bearer other token' });
  });

  it('gives a client certificate, and TLS options', async () => {
    await write(
      { 'client-certificate-data': base64('cert'), 'client-key-data': base64('key') },
      { 'insecure-skip-tls-verify': true, 'tls-server-name': 'kubernetes' },
    );
    expect(await loadConnection(path).credentials('Known')).toEqual({
      headers: {},
      tls: {
        cert: Buffer.from('cert'),
        key: Buffer.from('key'),
        rejectUnauthorized: false,
        servername: 'kubernetes',
      },
    });
  });

  it('gives a user name and password', async () => {
    await write({ username: 'bob', password: 'pw' });
    const { headers } = await loadConnection(path).credentials('Known');
    expect(headers).toEqual({ Authorization: `Basic ${base64('bob:pw')}` });
  });

  it('asks a credential plugin, and asks it again only for fresh credentials', async () => {
    const plugin = join(folder, 'plugin.mjs');
    const calls = join(folder, 'calls');
    await writeFile(
      plugin,
      `import { appendFileSync, readFileSync } from 'node:fs';
       appendFileSync(${JSON.stringify(calls)}, '.');
       const token = 'token ' + readFileSync(${JSON.stringify(calls)}, 'utf8').length;
       console.log(JSON.stringify({ kind: 'ExecCredential', status: { token } }));`,
    );
    await write({
      exec: { apiVersion: 'client.authentication.k8s.io/v1', command: process.execPath, args: [plugin] },
    });
    const connection = loadConnection(path);
    const token = async (age: 'Known' | 'Fresh') =>
      (await connection.credentials(age)).headers['Authorization'];
    expect(await token('Known')).toBe('Bearer token 1');
    expect(await token('Known')).toBe('Bearer token 1');
    expect(await token('Fresh')).toBe('Bearer token 2');
    expect(await token('Known')).toBe('Bearer token 2');
  });

  it('may speak of an http:// server', async () => {
    await write({ token: 'secret' }, { server: 'http://127.0.0.1:8001/' });
    const connection = loadConnection(path);
    expect(connection.server).toBe('http://127.0.0.1:8001');
    expect((await connection.credentials('Known')).headers).toEqual({ Authorization: 'Bearer secret' });
  });

  it('is read again for fresh credentials, but never leads to another cluster', async () => {
    await write({ token: 'old' });
    const connection = loadConnection(path);
    await write({ token: 'new' });
    expect((await connection.credentials('Known')).headers).toEqual({ Authorization: 'Bearer old' });
    await writeFile(
      path,
      (await readFile(path, 'utf8')).replace('current-context: main', 'current-context: other'),
    );
    expect((await connection.credentials('Fresh')).headers).toEqual({ Authorization: 'Bearer new' });
  });
});

describe('the proxy', () => {
  const environment = { HTTPS_PROXY: 'http://environment.test.invalid:3128' };

  it('is that of the kubeconfig', async () => {
    await write({}, { 'proxy-url': 'socks5://me:secret@proxy.test.invalid:1080' });
    const { proxy } = loadConnection(path, {}, environment);
    expect(proxy?.href).toBe('socks5://me:secret@proxy.test.invalid:1080');
  });

  it('is that of the environment where the kubeconfig has none, as it was at the beginning', async () => {
    await write({});
    vi.stubEnv('HTTPS_PROXY', environment.HTTPS_PROXY);
    vi.stubEnv('NO_PROXY', '');
    const connection = loadConnection(path);
    vi.stubEnv('HTTPS_PROXY', 'http://other.test.invalid');
    await connection.credentials('Fresh');
    expect(connection.proxy?.href).toBe('http://environment.test.invalid:3128/');
  });

  it('is none where there is none, or the server is exempt', async () => {
    await write({});
    expect(loadConnection(path, {}, {}).proxy).toBeUndefined();
    expect(loadConnection(path, {}, { ...environment, NO_PROXY: '.test.invalid' }).proxy).toBeUndefined();
  });

  it('that cannot be spoken to is refused at once', async () => {
    await write({}, { 'proxy-url': 'socks4://proxy.test.invalid' });
    expect(() => loadConnection(path, {}, {})).toThrow('expected proxy-url to be a URL with http://');
  });
});

it('impersonation adds its headers', async () => {
  await write({ token: 'secret' });
  const connection = loadConnection(path, { impersonate: { user: 'alice', groups: ['a', 'b'] } });
  expect((await connection.credentials('Known')).headers).toEqual({
    Authorization: 'Bearer secret',
    'Impersonate-User': 'alice',
    'Impersonate-Group': ['a', 'b'],
  });
});

describe('what cannot be read', () => {
  it('is refused with the contexts that there are', async () => {
    await write({});
    expect(() => loadConnection(path, { context: 'nowhere' })).toThrow(
      'expected a context with a cluster, got nowhere; known: main, other',
    );
  });

  it('is refused when there is nothing at all, saying what to set', () => {
    vi.stubEnv('KUBECONFIG', '');
    vi.stubEnv('HOME', folder);
    expect(() => loadConnection()).toThrow('set KUBECONFIG or pass --kubeconfig');
  });

  it('is refused when the server is no URL', async () => {
    await write({}, { server: 'not a url' });
    expect(() => loadConnection(path)).toThrow(
      'expected cluster c to have a URL as its server, got not a url',
    );
  });
});
