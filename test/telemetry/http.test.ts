/** The small HTTP servers: what they answer, and to whom. */
import { describe, expect, it } from 'vitest';
import { parseAddress, serve } from '../../src/telemetry/http.ts';

describe('an address', () => {
  it.each([
    [':8080', { host: '', port: 8080 }],
    ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
    ['[::1]:9090', { host: '::1', port: 9090 }],
    ['localhost:80', { host: 'localhost', port: 80 }],
  ])('%s is read', (text, address) => {
    expect(parseAddress(text)).toEqual(address);
  });

  it.each(['', '8080', ':', ':65536', 'host', '::1:80', ':80x'])(
    '%j is refused with what to write instead',
    (text) => {
      expect(() => parseAddress(text)).toThrow(/such as :8080 or 127\.0\.0\.1:8080, got/);
    },
  );
});

describe('a server', () => {
  it('answers GET on its paths, 404 elsewhere and for other methods, 500 when an endpoint fails', async () => {
    const errors: unknown[] = [];
    const server = await serve(
      { host: '127.0.0.1', port: 0 },
      {
        '/healthz': { respond: async () => ({ code: 200, type: 'text/plain', body: 'ok\n' }) },
        '/broken': { respond: () => Promise.reject(new Error('secret detail')) },
      },
      (error) => errors.push(error),
    );
    const base = `http://127.0.0.1:${server.port}`;
    const ask = async (path: string, method = 'GET') => {
      const answer = await fetch(base + path, { method });
      return [answer.status, await answer.text()];
    };
    expect(await ask('/healthz')).toEqual([200, 'ok\n']);
    expect(await ask('/healthz?verbose')).toEqual([200, 'ok\n']);
    expect(await ask('/healthz', 'POST')).toEqual([404, 'not found\n']);
    expect(await ask('/constructor')).toEqual([404, 'not found\n']);
    expect(await ask('/broken')).toEqual([500, 'error\n']);
    expect(errors).toEqual([new Error('secret detail')]);
    await server.close();
    await expect(fetch(`${base}/healthz`)).rejects.toThrow();
  });

  it('says which address is taken', async () => {
    const first = await serve({ host: '127.0.0.1', port: 0 }, {}, () => {});
    await expect(serve({ host: '127.0.0.1', port: first.port }, {}, () => {})).rejects.toThrow(
      /choose another address/,
    );
    await first.close();
  });
});
