/**
 * What becomes of the bindings in a namespace, seen from outside by a watch that goes on after the API server was away: which
 * stand, when each was gone, and whether one ever came back.
 *
 * Must not know whose work that is.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { bindingResource } from '../../src/controller/resources.ts';
import { managedSelector } from '../../src/domain/binding.ts';
import type { Api, KubeObject } from '../../src/runtime/api.ts';

/** When a binding was seen to be gone, and at which version of the cluster, where that was heard and not found out afterwards. */
export interface Gone {
  readonly at_ms: number;
  readonly resourceVersion: string | undefined;
}

export interface BindingsSeen {
  readonly standing: () => number;
  /** By name. */
  readonly gone: ReadonlyMap<string, Gone>;
  /** Names of those that stood again after they had gone. */
  readonly returned: readonly string[];
  /** Resolves in the very turn in which so many are gone. */
  readonly untilGone: (count: number) => Promise<void>;
  readonly end: () => Promise<void>;
}

const retry_ms = 50;

/** Follows the managed bindings of a namespace until `end`. */
export function watchBindings(api: Pick<Api, 'watch'>, namespace: string): BindingsSeen {
  const standing = new Set<string>();
  const gone = new Map<string, Gone>();
  const returned: string[] = [];
  const waiters = new Set<{ readonly count: number; readonly resolve: () => void }>();
  const stop = new AbortController();

  const appeared = (name: string): void => {
    if (gone.has(name)) returned.push(name);
    standing.add(name);
  };
  const went = (name: string, resourceVersion?: string): void => {
    if (!standing.delete(name)) return;
    gone.set(name, { at_ms: Date.now(), resourceVersion });
    for (const waiter of waiters) if (gone.size >= waiter.count) waiter.resolve();
  };

  /** One watch, from the present state on: what went while nobody looked has gone by now. */
  const look = async (): Promise<void> => {
    let initial: Set<string> | undefined = new Set();
    const options = { namespace, labelSelector: managedSelector, timeout_s: 300, signal: stop.signal };
    for await (const event of api.watch<KubeObject>(bindingResource.RoleBinding, {
      ...options,
      sendInitialEvents: true,
    })) {
      switch (event.type) {
        case 'ERROR':
          throw new Error(`the watch of bindings: ${event.error.message}`);
        case 'BOOKMARK':
          if (!event.initialEventsEnd || initial === undefined) break;
          for (const name of standing) if (!initial.has(name)) went(name);
          initial = undefined;
          break;
        case 'DELETED':
          initial?.delete(event.object.metadata.name);
          went(event.object.metadata.name, event.object.metadata.resourceVersion);
          break;
        case 'ADDED':
        case 'MODIFIED':
          initial?.add(event.object.metadata.name);
          if (!standing.has(event.object.metadata.name)) appeared(event.object.metadata.name);
      }
    }
  };

  const watching = (async () => {
    while (!stop.signal.aborted) {
      // The API server may be away, which is what this is for.
      await look().catch(() => undefined);
      await delay(retry_ms);
    }
  })();

  return {
    standing: () => standing.size,
    gone,
    returned,
    untilGone: (count) =>
      new Promise((resolve) => {
        if (gone.size >= count) return resolve();
        waiters.add({ count, resolve });
      }),
    end: async () => {
      stop.abort(new Error('seen enough'));
      await watching;
    },
  };
}
