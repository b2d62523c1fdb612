/**
 * X.509 certificates made on the spot, so that tests can speak real TLS with authorities, hosts and dates of their choosing, and no
 * key is ever stored. Node can sign but not write a certificate; the few bytes of DER around the signature are written here.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

export interface Authority extends Certificate {
  /** A certificate of this authority for host names and IPv4 addresses; without any, for a client. */
  readonly issue: (
    name: string,
    options?: { readonly hosts?: readonly string[]; readonly end?: Date },
  ) => Certificate;
}

const tag = {
  boolean: 0x01,
  integer: 0x02,
  bits: 0x03,
  bytes: 0x04,
  oid: 0x06,
  text: 0x0c,
  time: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One DER element: its tag, its length, its content. */
function der(type: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([type, ...size]), body]);
}

const sequence = (...content: readonly Uint8Array[]): Buffer => der(tag.sequence, ...content);
const oid = (...bytes: readonly number[]): Buffer => der(tag.oid, Buffer.from(bytes));

const ecdsaWithSha256 = sequence(oid(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02));
const commonName = oid(0x55, 0x04, 0x03);
const basicConstraints = oid(0x55, 0x1d, 0x13);
const subjectAltName = oid(0x55, 0x1d, 0x11);

const nameOf = (name: string): Buffer =>
  sequence(der(tag.set, sequence(commonName, der(tag.text, Buffer.from(name)))));
/** GeneralizedTime: YYYYMMDDHHMMSSZ. */
const timeOf = (date: Date): Buffer =>
  der(tag.time, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(0, 14)}Z`));
const hostOf = (host: string): Buffer =>
  isIPv4(host) ? der(0x87, Buffer.from(host.split('.').map(Number))) : der(0x82, Buffer.from(host));

const isAuthority = sequence(
  basicConstraints,
  der(tag.boolean, Buffer.of(0xff)),
  der(tag.bytes, sequence(der(tag.boolean, Buffer.of(0xff)))),
);
const isFor = (hosts: readonly string[]): Buffer =>
  sequence(subjectAltName, der(tag.bytes, sequence(...hosts.map(hostOf))));

interface Wanted {
  readonly name: string;
  readonly issuer: string;
  readonly end: Date;
  readonly extensions: readonly Buffer[];
}

function certificateOf(
  { name, issuer, end, extensions }: Wanted,
  publicKey: KeyObject,
  issuerKey: KeyObject,
): string {
  const body = sequence(
    der(0xa0, der(tag.integer, Buffer.of(2))),
    der(tag.integer, Buffer.of(1), randomBytes(8)),
    ecdsaWithSha256,
    nameOf(issuer),
    sequence(timeOf(new Date(0)), timeOf(end)),
    nameOf(name),
    publicKey.export({ type: 'spki', format: 'der' }),
    ...(extensions.length === 0 ? [] : [der(0xa3, sequence(...extensions))]),
  );
  const signature = sign('sha256', body, issuerKey);
  const whole = sequence(body, ecdsaWithSha256, der(tag.bits, Buffer.of(0), signature));
  return `-----BEGIN CERTIFICATE-----\n${whole.toString('base64')}\n-----END CERTIFICATE-----\n`;
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();
const farAway = new Date(Date.UTC(2100, 0, 1));

/** A new authority, signed by itself. Two of the same name are still two: their keys differ. */
export function createAuthority(name: string): Authority {
  const own = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    cert: certificateOf(
      { name, issuer: name, end: farAway, extensions: [isAuthority] },
      own.publicKey,
      own.privateKey,
    ),
    key: pemOf(own.privateKey),
    issue: (subject, { hosts = [], end = farAway } = {}) => {
      const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const extensions = hosts.length === 0 ? [] : [isFor(hosts)];
      return {
        cert: certificateOf({ name: subject, issuer: name, end, extensions }, publicKey, own.privateKey),
        key: pemOf(privateKey),
      };
    },
  };
}
