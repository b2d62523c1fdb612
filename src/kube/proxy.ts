/**
 * Which proxy leads to the API server: the one of the kubeconfig, or the one of the environment, by the same rules as in client-go
 * (golang.org/x/net/http/httpproxy).
 *
 * Must not know how proxies are spoken to.
 */
import { BlockList, isIP } from 'node:net';
import { hostOf, portOf } from './tcp.ts';
import { proxyProtocols } from './tunnel.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy that leads to `server`, if any.
 *
 * @param configured the cluster's `proxy-url`, which goes before the environment
 * @throws Error when it is no URL of a proxy that can be spoken to
 */
export function proxyFor(
  server: URL,
  configured: string | undefined,
  environment: Environment,
): URL | undefined {
  if (configured !== undefined && configured !== '') return proxyUrl('proxy-url', configured);
  const name = server.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const value = variable(environment, name);
  return value === '' || isExempt(server, environment) ? undefined : proxyUrl(name, value);
}

const variable = (environment: Environment, name: string): string =>
  environment[name] || environment[name.toLowerCase()] || '';

function proxyUrl(where: string, text: string): URL {
  // Without a scheme it is that of an HTTP proxy.
  const url = text.includes('://') ? text : `http://${text}`;
  const proxy = URL.canParse(url) ? new URL(url) : undefined;
  if (proxy !== undefined && proxy.hostname !== '' && proxyProtocols.includes(proxy.protocol)) return proxy;
  const schemes = proxyProtocols.map((protocol) => `${protocol}//`).join(', ');
  throw new Error(`expected ${where} to be a URL with ${schemes}, got ${text.replace(/[^/@]*@/, '…@')}`);
}

function isExempt(server: URL, environment: Environment): boolean {
  const host = hostOf(server).toLowerCase();
  if (host === 'localhost' || isWithin(host, '127.0.0.0', 8) || isWithin(host, '::1', 128)) return true;
  const entries = variable(environment, 'NO_PROXY').split(',');
  return entries.some((entry) => isNamedBy(entry.trim().toLowerCase(), host, portOf(server)));
}

/** An entry is `*`, a network, an address, a domain with all below it, or with a dot before it only those; or ends in a port. */
function isNamedBy(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true;
  const [network = '', prefix] = entry.split('/');
  if (prefix !== undefined) return isWithin(host, network, Number(prefix));
  const [, bracketed, plain, onlyPort] = /^(?:\[(.+)\]|([^:]+)):(\d+)$/.exec(entry) ?? [];
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false;
  const name = bracketed ?? plain ?? entry;
  if (isIP(name) !== 0) return isWithin(host, name, isIP(name) === 4 ? 32 : 128);
  const domain = name.replace(/^\*\./, '.');
  if (domain === '' || isIP(host) !== 0) return false;
  return domain.startsWith('.') ? host.endsWith(domain) : host === domain || host.endsWith(`.${domain}`);
}

function isWithin(host: string, network: string, prefix: number): boolean {
  const version = isIP(network);
  if (version === 0 || isIP(host) === 0 || !(prefix >= 0 && prefix <= (version === 4 ? 32 : 128)))
    return false;
  const list = new BlockList();
  list.addSubnet(network, prefix, familyOf(network));
  return list.check(host, familyOf(host));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');
