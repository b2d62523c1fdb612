/**
 * Lists of the fake API server, in pages of one consistent state. A page's token dies with the history.
 *
 * Must not know watches.
 */
import type { KubeList, ListOptions } from '../../src/runtime/api.ts';
import { badRequest, pageTooOld, versionAhead } from './refusal.ts';
import type { Registration, Stored } from './registration.ts';
import { type Selection, selectionOf } from './selection.ts';
import type { Storage } from './storage.ts';
import { collectionOf } from './writing.ts';

/** What is left to look through for a list that began at `version`, whether it will be selected or not. */
interface Rest {
  readonly version: number;
  readonly items: readonly Stored[];
}

export interface Pages {
  /** @throws Refusal */
  readonly list: (registration: Registration, options: ListOptions) => KubeList<Stored>;
}

export function createPages(storage: Storage): Pages {
  const rests = new Map<string, Rest>();

  const continued = (token: string): Rest => {
    const rest = rests.get(token);
    if (rest === undefined) throw badRequest('invalid continue token: continue key is not valid');
    if (rest.version < storage.oldest()) throw pageTooOld();
    return rest;
  };

  const inNamespace = (registration: Registration, { namespace }: ListOptions): readonly Stored[] =>
    storage
      .readAll(collectionOf(registration))
      .filter(({ metadata }) => namespace === undefined || metadata.namespace === namespace);

  return {
    list: (registration, options) => {
      const selection = selectionOf(registration, options);
      const { limit = Number.POSITIVE_INFINITY, continue: token = '', notOlderThan = '' } = options;
      if (Number(notOlderThan) > storage.version())
        throw versionAhead(Number(notOlderThan), storage.version());
      const { version, items } =
        token === ''
          ? { version: storage.version(), items: inNamespace(registration, options) }
          : continued(token);
      const { page, rest } = cut(items, selection, limit);
      const answer = { resourceVersion: String(version), items: page };
      if (rest.length === 0) return answer;
      const next = `${version}-${rests.size + 1}`;
      rests.set(next, { version, items: rest });
      return { ...answer, continue: next };
    },
  };
}

/** Looks through the items until the page is full. The rest may turn out to hold nothing, and its page to be empty. */
function cut(items: readonly Stored[], selection: Selection, limit: number) {
  const page: Stored[] = [];
  let seen = 0;
  for (const item of items) {
    if (page.length >= limit) break;
    if (selection(item)) page.push(item);
    seen += 1;
  }
  return { page, rest: items.slice(seen) };
}
