/** What really goes over the wire, to a server that speaks TLS. */
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AnswerTooLong, openLine } from '../../src/reaper/ask.ts';
import { createAuthority } from '../runtime/certificates.ts';

interface Heard {
  readonly request: string;
  readonly authorization: string | undefined;
  readonly body: string;
}

const authority = createAuthority('the authority');
let folder: string;
let server: Server;
let place: { server: string; tokenFile: string; caFile: string };
let heard: Heard[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-ask-'));
  heard = [];
  server = createServer(
    { ...authority.issue('the server', { hosts: ['127.0.0.1'] }) },
    (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        const { method, url, headers } = request;
        heard.push({ request: `${method} ${url}`, authorization: headers.authorization, body });
        response.setHeader('date', 'Mon, 02 Mar 2026 10:00:00 GMT').setHeader('retry-after', '3');
        response.end(
          url === '/large' ? 'x'.repeat(3_000_000) : JSON.stringify({ kind: 'Status', status: 'Success' }),
        );
      });
    },
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  place = {
    server: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokenFile: join(folder, 'token'),
    caFile: join(folder, 'ca.crt'),
  };
  await writeFile(place.tokenFile, 'secret\n');
  await writeFile(place.caFile, authority.cert);
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await rm(folder, { recursive: true });
});

it('sends the UID with a DELETE, in the same request, on a connection that stays good for the next', async () => {
  const line = openLine(place);
  const body = { preconditions: { uid: '1' } };
  for (let time = 0; time < 3; time += 1) await line.ask('DELETE', '/binding', body);
  line.close();
  expect(heard).toEqual(
    Array.from({ length: 3 }, () => ({
      request: 'DELETE /binding',
      authorization: 'Bearer secret',
      body: JSON.stringify(body),
    })),
  );
});

it('hears the time of the server, and how long to wait', async () => {
  const line = openLine(place);
  expect(await line.ask('GET', '/bindings')).toEqual({
    code: 200,
    date_ms: Date.parse('2026-03-02T10:00:00Z'),
    retryAfter_ms: 3000,
    body: { kind: 'Status', status: 'Success' },
  });
  line.close();
});

it('shows its token to nobody whom the authority does not vouch for', async () => {
  await writeFile(place.caFile, createAuthority('another').cert);
  const line = openLine(place);
  await expect(line.ask('GET', '/bindings')).rejects.toThrow(/GET \/bindings: expected an answer/);
  line.close();
  expect(heard).toEqual([]);
});

it('reads no answer that it could not hold', async () => {
  const line = openLine(place);
  await expect(line.ask('GET', '/large')).rejects.toMatchObject({
    cause: expect.any(AnswerTooLong) as unknown,
  });
  line.close();
});
