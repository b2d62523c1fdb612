/** Which proxy leads to a server, by the rules that Go has for its environment. */
import { describe, expect, it } from 'vitest';
import { proxyFor } from '../../src/kube/proxy.ts';

const through = (
  server: string,
  environment: Record<string, string>,
  configured?: string,
): string | undefined => proxyFor(new URL(server), configured, environment)?.href;

const server = 'https://api.example.com:6443';
const proxy = 'http://proxy.test.invalid:3128';

describe('the proxy', () => {
  it('is that of the kubeconfig before that of the environment, whatever NO_PROXY says', () => {
    const environment = { HTTPS_PROXY: 'http://other.test.invalid', NO_PROXY: '*' };
    expect(through(server, environment, proxy)).toBe(`${proxy}/`);
    expect(through('https://127.0.0.1', {}, proxy)).toBe(`${proxy}/`);
  });

  it.each([
    ['HTTPS_PROXY', { HTTPS_PROXY: proxy }],
    ['https_proxy', { https_proxy: proxy }],
    ['HTTPS_PROXY before https_proxy', { HTTPS_PROXY: proxy, https_proxy: 'http://other.test.invalid' }],
    ['https_proxy where HTTPS_PROXY is empty', { HTTPS_PROXY: '', https_proxy: proxy }],
  ])('of the environment is %s', (_what, environment) => {
    expect(through(server, environment)).toBe(`${proxy}/`);
  });

  it('of a server without TLS is HTTP_PROXY, and of one with TLS never', () => {
    expect(through('http://api.example.com', { HTTP_PROXY: proxy })).toBe(`${proxy}/`);
    expect(through('http://api.example.com', { HTTPS_PROXY: proxy })).toBeUndefined();
    expect(through(server, { HTTP_PROXY: proxy })).toBeUndefined();
  });

  it('without a scheme is an HTTP proxy', () => {
    expect(through(server, { HTTPS_PROXY: 'proxy.test.invalid:3128' })).toBe(`${proxy}/`);
    expect(through(server, { HTTPS_PROXY: 'me:secret@proxy.test.invalid:3128' })).toBe(
      'http://me:secret@proxy.test.invalid:3128/',
    );
  });

  it.each(['https://p.test.invalid/', 'socks5://p.test.invalid:1080', 'socks5h://p.test.invalid'])(
    'may be %s',
    (url) => {
      expect(through(server, {}, url)).toBe(url);
    },
  );

  it.each(['socks4://p.test.invalid', 'ftp://p.test.invalid', 'http://', 'http://[', '://'])(
    'that is %s is refused, saying what it may be',
    (url) => {
      expect(() => through(server, {}, url)).toThrow(
        `expected proxy-url to be a URL with http://, https://, socks5://, socks5h://, got ${url}`,
      );
      expect(() => through(server, { HTTPS_PROXY: url })).toThrow('expected HTTPS_PROXY to be a URL');
    },
  );

  it('that is refused is named without its password', () => {
    expect(() => through(server, {}, 'socks4://me:secret@p.test.invalid')).toThrow(
      /got socks4:\/\/…@p\.test/,
    );
  });
});

const exempt = (url: string, noProxy: string): boolean =>
  through(url, { HTTPS_PROXY: proxy, NO_PROXY: noProxy }) === undefined;

describe('NO_PROXY', () => {
  it.each([
    ['everything', 'https://api.example.com', '*'],
    ['a name', 'https://api.example.com', 'api.example.com'],
    ['a name whatever its case', 'https://API.example.com', 'Api.Example.COM'],
    ['a domain and all below it', 'https://api.example.com', 'example.com'],
    ['all below a domain', 'https://api.example.com', '.example.com'],
    ['all below a domain, with a star', 'https://api.example.com', '*.example.com'],
    ['a name with the port', 'https://api.example.com:6443', 'api.example.com:6443'],
    ['a name with the port that TLS has', 'https://api.example.com', 'example.com:443'],
    ['one of several, with spaces', 'https://api.example.com', 'a.test, ,example.com ,b.test'],
    ['an address', 'https://10.96.0.1', '10.96.0.1'],
    ['an address with the port', 'https://10.96.0.1:443', '10.96.0.1:443'],
    ['a network', 'https://10.96.0.1', '10.96.0.0/12'],
    ['an IPv6 address', 'https://[fd00::1]', 'fd00:0::1'],
    ['an IPv6 address with the port', 'https://[fd00::1]:6443', '[fd00::1]:6443'],
    ['an IPv6 network', 'https://[fd00::1]', 'fd00::/8'],
  ])('exempts %s: %s by %s', (_what, url, noProxy) => {
    expect(exempt(url, noProxy)).toBe(true);
  });

  it.each([
    ['nothing when it is empty', 'https://api.example.com', ''],
    ['not the domain itself, where only those below it are named', 'https://example.com', '.example.com'],
    ['not the domain itself, by a star', 'https://example.com', '*.example.com'],
    ['no other name with the same end', 'https://api.example.com', 'ple.com'],
    ['no other port', 'https://api.example.com:6443', 'api.example.com:443'],
    ['no other address', 'https://10.96.0.1', '10.96.0.11'],
    ['no address outside of the network', 'https://10.112.0.1', '10.96.0.0/12'],
    ['no address by the end of it', 'https://10.96.0.1', '0.1'],
    ['nothing by a network that is none', 'https://10.96.0.1', '10.96.0.0/99'],
    ['no name by a network', 'https://api.example.com', '0.0.0.0/0'],
  ])('exempts %s: %s by %s', (_what, url, noProxy) => {
    expect(exempt(url, noProxy)).toBe(false);
  });

  it('may be written small', () => {
    expect(through(server, { https_proxy: proxy, no_proxy: 'example.com' })).toBeUndefined();
  });

  it.each(['https://localhost:6443', 'https://127.0.0.1:6443', 'https://127.8.8.8', 'https://[::1]:6443'])(
    'need not name this machine: %s',
    (url) => {
      expect(exempt(url, '')).toBe(true);
    },
  );
});
