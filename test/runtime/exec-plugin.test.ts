/** Credential plugins as real processes: what they are told, what is made of what they say, and how they end. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCredentialCache } from '../../src/kube/credential-cache.ts';
import { type ExecConfig, rememberedPlugin } from '../../src/kube/exec-plugin.ts';
import { eventually } from '../cluster/eventually.ts';
import { createVirtualClock } from './virtual-clock.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-plugin-'));
});
afterEach(() => rm(folder, { recursive: true }));

const apiVersion = 'client.authentication.k8s.io/v1';

/** A plugin that runs this code, which may `say` a status. */
const plugin = async (code: string, rest: Partial<ExecConfig> = {}): Promise<ExecConfig> => {
  const path = join(folder, 'plugin.mjs');
  await writeFile(
    path,
    `import { appendFileSync, readFileSync } from 'node:fs';
     const say = (status) => console.log(JSON.stringify({ kind: 'ExecCredential', status }));
     appendFileSync(${JSON.stringify(join(folder, 'calls'))}, '.');
     ${code}`,
  );
  return { apiVersion, command: process.execPath, args: [path], ...rest };
};
const ask = async (exec: ExecConfig, signal?: AbortSignal) => rememberedPlugin(exec)(signal);
const calls = async (): Promise<number> => (await readFile(join(folder, 'calls'), 'utf8')).length;

describe('a plugin', () => {
  it('is given its arguments and environment, and told that there is nobody to ask', async () => {
    const exec = await plugin(
      `const stdin = readFileSync(0, 'utf8');
       const { OWN, PATH, KUBERNETES_EXEC_INFO } = process.env;
       say({ token: JSON.stringify([process.argv[2], OWN, PATH !== undefined, stdin, KUBERNETES_EXEC_INFO]) });`,
    );
    const { token = '' } = await ask({
      ...exec,
      args: [...(exec.args ?? []), 'an argument'],
      env: [{ name: 'OWN', value: 'mine' }],
    });
    const info = { apiVersion, kind: 'ExecCredential', spec: { interactive: false } };
    expect(JSON.parse(token)).toEqual(['an argument', 'mine', true, '', JSON.stringify(info)]);
  });

  it('may give a certificate with its key', async () => {
    const status = { clientCertificateData: 'a certificate', clientKeyData: 'its key' };
    expect(await ask(await plugin(`say(${JSON.stringify(status)})`))).toEqual(status);
  });

  it.each([
    ['never, where that does not expire', undefined, 1],
    ['only when that has expired', '2100-01-01T00:00:00Z', 1],
    ['when that has expired', '2020-01-01T00:00:00Z', 3],
  ])('is asked again %s', async (_when, expirationTimestamp, expected) => {
    const status = JSON.stringify({ token: 'a token', expirationTimestamp });
    const remembered = rememberedPlugin(await plugin(`say(${status})`));
    for (let time = 0; time < 3; time += 1) expect(await remembered()).toMatchObject({ token: 'a token' });
    expect(await calls()).toBe(expected);
  });
});

describe('a plugin that fails', () => {
  it('is an error with its code and its own words, and what its users should do', async () => {
    const exec = await plugin("console.error('please log in'); process.exit(3);", { installHint: 'Get it.' });
    await expect(ask(exec)).rejects.toThrow(
      `expected credentials from ${process.execPath}: it ended with code 3: please log in\nGet it.`,
    );
  });

  it('has its words made short, harmless to a terminal, and free of what looks like a secret', async () => {
    const token = `eyJhbGciOiJSUzI1NiJ9.${'Zm9v1'.repeat(20)}.c2ln-_x`;
    const words = `\u001b[2Jcannot refresh ${token}\nkey=AKIAIOSFODNN7EXAMPLE\nlog in again`;
    const exec = await plugin(`console.error(${JSON.stringify(words)}); process.exit(1);`);
    const error: unknown = await ask(exec).catch((caught: unknown) => caught);
    expect((error as Error).message).toMatch(/ended with code 1: \[2Jcannot refresh … … log in again$/);
    const flood = await plugin(`console.error('word '.repeat(1_000_000)); process.exitCode = 1;`);
    const short: unknown = await ask(flood).catch((caught: unknown) => caught);
    expect(String(short)).toContain('it ended with code 1: word word');
    expect(String(short).length).toBeLessThan(500);
  });

  it('by an answer without end is an error, and does not fill the memory', async () => {
    const endless = await plugin(`process.stdout.write('x'.repeat(5 * 1024 * 1024));`);
    await expect(ask(endless)).rejects.toThrow('it gave no ExecCredential');
  });

  it('to start is an error with its cause', async () => {
    await expect(ask({ command: join(folder, 'nothing') })).rejects.toMatchObject({
      message: expect.stringContaining('expected credentials from'),
      cause: { code: 'ENOENT' },
    });
    await expect(ask({})).rejects.toThrow('expected exec in the kubeconfig to have a command');
  });

  it.each([
    ['that is not JSON', 'console.log("a secret")'],
    ['of another kind', 'console.log(JSON.stringify({ kind: "Secret", status: { token: "a secret" } }))'],
    ['without a status', 'say(undefined)'],
    ['with nothing in it', 'say({})'],
    ['with a certificate without its key', 'say({ token: "a secret", clientCertificateData: "a secret" })'],
  ])('by an answer %s is an error that does not repeat it', async (_what, code) => {
    const error: unknown = await ask(await plugin(code)).catch((caught: unknown) => caught);
    expect(String(error)).toContain(
      'it gave no ExecCredential with a token, or with a certificate and its key',
    );
    expect(String(error)).not.toContain('a secret');
  });
});

describe('a plugin that hangs', () => {
  let server: Server;
  /** Held by every process that is alive. */
  let lifelines: Set<Socket>;

  beforeEach(async () => {
    lifelines = new Set();
    server = createServer((socket) => {
      lifelines.add(socket);
      socket.on('error', () => undefined).on('close', () => lifelines.delete(socket));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => {
    for (const socket of lifelines) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });

  /** Starts another process, and holds a lifeline as that does; neither minds being asked to end. */
  const hanging = (): Promise<ExecConfig> => {
    const hold = `import('node:net').then(({ connect }) => connect(${(server.address() as AddressInfo).port}, '127.0.0.1'));
      process.on('SIGTERM', () => undefined);`;
    return plugin(
      `import { spawn } from 'node:child_process';
       spawn(process.execPath, ['-e', ${JSON.stringify(hold)}], { stdio: 'inherit' });
       ${hold}`,
    );
  };
  const alive = (count: number) => eventually(() => expect(lifelines.size).toBe(count));

  it('is killed with all that it has started, and its caller hears why', async () => {
    const stop = new AbortController();
    const outcome = ask(await hanging(), stop.signal).catch((error: unknown) => error);
    await alive(2);
    const reason = new Error('it took too long');
    stop.abort(reason);
    expect(await outcome).toBe(reason);
    await alive(0);
  });

  it('is not started for who has left before', async () => {
    const reason = new Error('gone already');
    await expect(ask(await hanging(), AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(lifelines.size).toBe(0);
  });

  it('is never there twice, however long it goes on and however often it is asked', async () => {
    const clock = createVirtualClock();
    const closing = new AbortController();
    const exec = await hanging();
    const connection = {
      credentials: async (_age: unknown, signal?: AbortSignal) => {
        await ask(exec, signal);
        return { headers: {}, tls: {} };
      },
    };
    const credentials = createCredentialCache(connection, clock, closing.signal);
    for (let round = 0; round < 3; round += 1) {
      for (let asked = 0; asked < 5; asked += 1) credentials().catch(() => undefined);
      await eventually(async () => expect(await calls()).toBe(round + 1));
      await alive(2);
      await clock.advance(30_000);
    }
    closing.abort(new Error('the client is closed'));
    await alive(0);
  });
});
