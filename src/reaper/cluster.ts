/**
 * What the reaper may do in the cluster, and no more: list bindings, delete one, write an Event. Tries again where that can help.
 *
 * Must not know which bindings are past their end.
 */
import { managedSelector } from '../domain/mark.ts';
import { type Answer, AnswerTooLong, type Ask } from './ask.ts';
import type { ListedBinding } from './past.ts';

export const bindingKinds = ['RoleBinding', 'ClusterRoleBinding'] as const;
export type BindingKind = (typeof bindingKinds)[number];

export interface Found {
  readonly kind: BindingKind;
  readonly binding: ListedBinding;
}

export type Fate =
  | { readonly kind: 'Gone' }
  /** Deleted, but something keeps it: it goes on giving access. */
  | { readonly kind: 'Kept'; readonly finalizers: readonly string[] }
  | { readonly kind: 'Failed'; readonly why: string };

export interface Cluster {
  /** Every binding that carries Curfew's label, page by page, each once. @throws Error when a list is refused or cannot be read */
  readonly pages: (kind: BindingKind) => AsyncGenerator<readonly Found[]>;
  /** Deletes this very object, and no other under its name. Never rejects. */
  readonly remove: (found: Found) => Promise<Fate>;
  /** @throws Error when it is refused */
  readonly tell: (namespace: string, event: object) => Promise<void>;
}

const rbac = '/apis/rbac.authorization.k8s.io/v1';
const plurals = { RoleBinding: 'rolebindings', ClusterRoleBinding: 'clusterrolebindings' } as const;
const pageSize = 500;
const attemptsMax = 4;
const pause_ms = 100;
const retryAfterMax_ms = 5000;

/** `heard` is told the server's time with every answer. */
export function createCluster(
  ask: Ask,
  heard: (server_ms: number) => void,
  wait: (delay_ms: number) => Promise<void>,
): Cluster {
  /** Again after 429, 5xx and silence: reading twice, or deleting the same UID twice, does no harm. */
  const repeated: Ask = async (method, path, body) => {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await ask(method, path, body).catch((error: unknown) => {
        if (attempt === attemptsMax || isTooLong(error)) throw error;
        return undefined;
      });
      if (answer?.date_ms !== undefined) heard(answer.date_ms);
      const settled = answer !== undefined && answer.code < 500 && answer.code !== 429;
      if (answer !== undefined && (settled || attempt === attemptsMax)) return answer;
      await wait(Math.min(answer?.retryAfter_ms ?? 0, retryAfterMax_ms) + pause_ms * 2 ** attempt);
    }
  };

  async function* pages(kind: BindingKind): AsyncGenerator<readonly Found[]> {
    const path = `${rbac}/${plurals[kind]}?labelSelector=${encodeURIComponent(managedSelector)}`;
    // A list that begins again shows bindings again that were judged: each is judged, counted and told once.
    const shown = new Set<string>();
    let beginnings = 1;
    let limit = pageSize;
    for (let token: string | undefined = ''; token !== undefined; ) {
      const more = token === '' ? '' : `&continue=${encodeURIComponent(token)}`;
      const answer = await repeated('GET', `${path}&limit=${limit}${more}`).catch((error: unknown) => {
        // Somebody has made bindings so large that no whole page can be read: then a few at a time.
        if (!isTooLong(error) || limit === 1) throw error;
        return undefined;
      });
      if (answer === undefined) {
        limit = Math.ceil(limit / 10);
      } else if (answer.code === 410 && token !== '' && beginnings < attemptsMax) {
        // The server has forgotten the state that the pages belong to.
        beginnings += 1;
        token = '';
      } else {
        const list = listIn(answer, path);
        const fresh = list.items.filter(({ metadata: { uid } }) => !shown.has(uid));
        for (const { metadata } of fresh) shown.add(metadata.uid);
        yield fresh.map((binding) => ({ kind, binding }));
        token = list.metadata?.continue || undefined;
      }
    }
  }

  return {
    pages,
    remove: async ({ kind, binding: { metadata } }) => {
      const { namespace, name, uid } = metadata;
      const where = namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
      const path = `${rbac}${where}/${plurals[kind]}/${encodeURIComponent(name)}`;
      const body = {
        apiVersion: 'v1',
        kind: 'DeleteOptions',
        preconditions: { uid },
        propagationPolicy: 'Background',
      };
      try {
        return fateIn(await repeated('DELETE', path, body), uid);
      } catch (error) {
        return { kind: 'Failed', why: error instanceof Error ? error.message : String(error) };
      }
    },
    tell: async (namespace, event) => {
      const path = `/apis/events.k8s.io/v1/namespaces/${encodeURIComponent(namespace)}/events`;
      const answer = await ask('POST', path, event);
      // 409: told by an earlier run.
      if (answer.code !== 201 && answer.code !== 409) throw new Error(`POST ${path}: ${wordsIn(answer)}`);
    },
  };
}

const isTooLong = (error: unknown): boolean => error instanceof Error && error.cause instanceof AnswerTooLong;

interface BindingList {
  readonly items: readonly ListedBinding[];
  readonly metadata?: { readonly continue?: string };
}

/** @throws Error when it is no list: an empty one would look as if all were well */
function listIn(answer: Answer, path: string): BindingList {
  const list = answer.body as Partial<BindingList> | null | undefined;
  if (answer.code === 200 && Array.isArray(list?.items)) return list as BindingList;
  throw new Error(`GET ${path}: expected a list of bindings, got ${wordsIn(answer)}`);
}

interface Said {
  readonly kind?: string;
  readonly status?: string;
  readonly message?: string;
  readonly metadata?: ListedBinding['metadata'];
}

/** Only a Status object is the API server's word that something is gone: a page of some proxy is not. */
function fateIn(answer: Answer, uid: string): Fate {
  const said = (answer.body ?? {}) as Said;
  const isStatus = said.kind === 'Status';
  if (isStatus && (answer.code === 404 || (answer.code === 200 && said.status === 'Success'))) {
    return { kind: 'Gone' };
  }
  if (!isStatus && (answer.code === 200 || answer.code === 202) && said.metadata?.uid === uid) {
    return { kind: 'Kept', finalizers: said.metadata.finalizers ?? [] };
  }
  return { kind: 'Failed', why: wordsIn(answer) };
}

const wordsIn = ({ code, body }: Answer): string =>
  `${code}: ${(body as Said | undefined)?.message ?? 'no word of an API server'}`;
