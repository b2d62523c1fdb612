/**
 * An informer that follows the ConfigMaps of a place, from its client to its store, with a record of what it told, what it
 * reported, and what it left behind.
 *
 * Must not know what stands between it and the API server.
 */
import { createHttpApi, type HttpApiOptions } from '../../src/kube/http-api.ts';
import type { KubeObject } from '../../src/runtime/api.ts';
import type { Clock } from '../../src/runtime/clock.ts';
import { startInformer } from '../../src/runtime/informer.ts';
import { createStore, type Store } from '../../src/runtime/store.ts';
import { configMaps } from '../contract/subject.ts';
import { createLedger, type Ledger } from './comparison.ts';

export interface Follower {
  readonly store: Store<KubeObject>;
  readonly ledger: Ledger;
  readonly synced: Promise<void>;
  /** What it reported, in order. */
  readonly errors: readonly Error[];
  /** Complete states that the store was given. */
  readonly replaced: () => number;
  /** Resolves when it has ended, and its client with it. */
  readonly stop: () => Promise<void>;
}

export interface FollowerOptions extends Pick<HttpApiOptions, 'connection' | 'deadline_ms'> {
  readonly clock: Clock;
  readonly namespace: string;
  readonly labelSelector?: string | undefined;
  /** Awaited before each event of a watch is read. */
  readonly mayRead?: (() => Promise<void>) | undefined;
}

export function startFollower(options: FollowerOptions): Follower {
  const { clock, namespace, labelSelector, mayRead, ...rest } = options;
  const client = createHttpApi({ ...rest, clock, userAgent: 'curfew-faults' });
  const ledger = createLedger();
  const errors: Error[] = [];
  const onError = (error: unknown): void => void errors.push(error as Error);
  const store = createStore<KubeObject>({ onChange: ledger.take, onError });
  let replaced = 0;
  // Inherits, since a copy would hold the size of now for ever.
  const counted = Object.create(store, {
    apply: {
      value: (event: Parameters<typeof store.apply>[0]) => {
        if (event.type === 'Replace') replaced += 1;
        store.apply(event);
      },
    },
  }) as Store<KubeObject>;
  const stop = new AbortController();
  const informer = startInformer({
    api:
      mayRead === undefined
        ? client
        : { ...client, watch: (...asked) => held(client.watch(...asked), mayRead) },
    clock,
    resource: configMaps,
    namespace,
    labelSelector,
    store: counted,
    signal: stop.signal,
    onError,
  });
  return {
    store,
    ledger,
    synced: informer.synced,
    errors,
    replaced: () => replaced,
    stop: async () => {
      stop.abort(new Error('the test is over'));
      await informer.stopped;
      await client.close();
    },
  };
}

async function* held<T>(events: AsyncIterable<T>, mayRead: () => Promise<void>): AsyncGenerator<T> {
  for await (const event of events) {
    yield event;
    await mayRead();
  }
}
