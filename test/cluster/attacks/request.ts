/**
 * Requests straight to the API server, as somebody: hundreds of attempts in the time of a few kubectl processes, and bodies
 * that kubectl would never send.
 *
 * Must not know what is attempted.
 */
import { Agent, request } from 'node:https';
import type { ClusterAddress } from '../cluster.ts';

/** Whom the admin speaks as, by impersonation. Undefined fields: the API server's own. */
export interface Identity {
  readonly user: string;
  readonly groups?: readonly string[];
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** With its query. */
  readonly path: string;
  readonly body?: unknown;
  /** Default: application/json. */
  readonly type?: string;
}

export interface Answer {
  readonly code: number;
  /** The object, or the Status of a refusal, which has none of these. */
  readonly body: AnsweredObject;
  /** Of a refusal; empty otherwise. */
  readonly message: string;
}

/** As far as attempts look at it. */
export interface AnsweredObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly generation?: number;
    readonly creationTimestamp?: string;
    readonly resourceVersion?: string;
    readonly managedFields?: unknown;
    readonly labels?: object;
    readonly annotations?: object;
    readonly finalizers?: readonly string[];
  };
  readonly spec: { readonly requester?: string; readonly roleRef: { readonly name: string } };
  readonly status: { readonly phase?: string };
}

export type Send = (as: Identity | 'admin', call: Call) => Promise<Answer>;

export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** Sends over one pool of connections, which ends with the process. */
export function sender({ server, caData, adminToken }: ClusterAddress): Send {
  const agent = new Agent({ keepAlive: true, maxSockets: 8, ca: Buffer.from(caData, 'base64') });
  return (as, { method, path, body, type = 'application/json' }) =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? '' : JSON.stringify(as === 'admin' ? body : signed(body, as));
      const headers = {
        authorization: `Bearer ${adminToken}`,
        'content-type': type,
        // Node leaves it out of a DELETE, whose body would then be read as the next request.
        'content-length': Buffer.byteLength(content),
        ...(as === 'admin' ? {} : { 'impersonate-user': as.user }),
        ...(as === 'admin' || as.groups === undefined ? {} : { 'impersonate-group': [...as.groups] }),
      };
      const outgoing = request(`${server}${path}`, { method, agent, headers }, (incoming) => {
        let text = '';
        incoming.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        incoming.on('error', reject).on('end', () => resolve(answerOf(incoming.statusCode ?? 0, text)));
      });
      outgoing.on('error', reject);
      outgoing.end(content);
    });
}

interface MaybeGrant {
  readonly kind?: string;
  readonly spec?: { readonly requester?: string };
}

/** A grant that names no requester names its sender, as it must before Kubernetes 1.36; later the API server does that. */
function signed(body: unknown, { user }: Identity): unknown {
  const { kind, spec } = body as MaybeGrant;
  const isGrant = kind === 'TemporaryAccessGrant' || kind === 'ClusterTemporaryAccessGrant';
  return isGrant ? { ...(body as object), spec: { requester: user, ...spec } } : body;
}

function answerOf(code: number, text: string): Answer {
  const body = (text.startsWith('{') ? JSON.parse(text) : { message: text }) as AnsweredObject & {
    readonly message?: string;
  };
  return { code, body, message: code < 400 ? '' : (body.message ?? text) };
}
