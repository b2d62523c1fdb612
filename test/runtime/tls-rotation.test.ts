/** Which failures other certificates may mend, and how they are found. */
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import type { Server as HttpsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { isAboutCertificates } from '../../src/kube/tls.ts';
import type { HttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { ConnectionError } from '../../src/runtime/api-error.ts';
import { createAuthority } from './certificates.ts';
import { connect, json, startServer } from './http-server.ts';
import { widget, widgets } from './objects.ts';
import { tlsProtocol } from './tls-server.ts';
import { failure } from './failure.ts';

const ours = createAuthority('our authority');
const theirs = createAuthority('another authority');
const local = { hosts: ['127.0.0.1'] };

let cleanups: (() => PromiseLike<void>)[];

beforeEach(() => {
  cleanups = [];
});
afterEach(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
});

const post = (api: HttpApi): Promise<unknown> => api.create(widgets, 'ns', {});
describe('an error on a connection that is ready', () => {
  it.each([
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', true],
    ['ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED', true],
    ['ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE', true],
    ['ERR_SSL_TLSV1_ALERT_UNKNOWN_CA', true],
    ['ERR_SSL_SSL/TLS_ALERT_BAD_RECORD_MAC', false],
    ['ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC', false],
    ['ECONNRESET', false],
  ])('with code %s is about certificates: %s', (code, expected) => {
    expect(isAboutCertificates(Object.assign(new Error('the connection broke'), { code }))).toBe(expected);
  });
});

it('an authority whose file is replaced is found, without a restart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'curfew-tls-'));
  cleanups.push(() => rm(folder, { recursive: true }));
  const authority = join(folder, 'ca.crt');
  await writeFile(authority, ours.cert);
  let https: HttpsServer | undefined;
  const protocol = tlsProtocol('h2', ours.issue('the server', local));
  const create = () => (https = protocol.create() as HttpsServer);
  const server = await startServer({ ...protocol, create });
  cleanups.push(() => server[Symbol.asyncDispose]());
  server.plan(json(201, widget('a', '1'), { connection: 'close' }));
  const path = join(folder, 'config');
  await writeFile(
    path,
    stringify({
      'current-context': 'main',
      clusters: [{ name: 'c', cluster: { server: server.url, 'certificate-authority': authority } }],
      users: [{ name: 'u', user: { token: 'secret' } }],
      contexts: [{ name: 'main', context: { cluster: 'c', user: 'u' } }],
    }),
  );
  const api = connect(server, { connection: loadConnection(path) });
  cleanups.push(api.close);
  await post(api);
  https?.setSecureContext(theirs.issue('the server', local));
  expect(await failure(post(api))).toBeInstanceOf(ConnectionError);
  await writeFile(`${authority}.new`, theirs.cert);
  await rename(`${authority}.new`, authority);
  await expect(post(api)).resolves.toMatchObject({ metadata: { name: 'a' } });
});
