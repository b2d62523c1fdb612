/**
 * Every version of every grant, in the order in which the API server stored them: what an onlooker with a watch sees.
 *
 * Must not know what is right.
 */
import type { GrantObject } from '../grants.ts';
import type { RawHttp } from '../raw-http.ts';

export const grantsPath = '/apis/curfew.dev/v1alpha1';
const plurals = ['temporaryaccessgrants', 'clustertemporaryaccessgrants'] as const;

export interface Recorder {
  /** Every version of a grant so far, oldest first. A deleted grant's last version carries its deletion's. */
  readonly versions: (uid: string) => readonly GrantObject[];
  /**
   * Resolves with the first version that `check` accepts, from the version with this index on.
   *
   * @throws Error with the latest version
   */
  readonly until: (
    uid: string,
    from: number,
    expected: string,
    check: Check,
    patience_ms?: number,
  ) => Promise<Recorded>;
  readonly isGone: (uid: string) => boolean;
  readonly everything: () => readonly GrantObject[];
  readonly stop: () => void;
}

type Check = (grant: GrantObject) => boolean;

export interface Recorded {
  readonly grant: GrantObject;
  readonly index: number;
}

interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: GrantObject;
}

/**
 * Follows a kind from now on. A watch that ends is resumed where it ended: about a minute after somebody has changed a CRD the
 * API server ends those that were opened before.
 *
 * @returns what ends it
 */
async function watch(http: RawHttp, path: string, record: (event: WatchEvent) => void): Promise<() => void> {
  const list = await http.insist<{ metadata: { resourceVersion: string } }>({
    method: 'GET',
    path: `${path}?limit=1`,
  });
  let version = list.metadata.resourceVersion;
  const onLine = (line: string): void => {
    const event = JSON.parse(line) as WatchEvent;
    if (event.type === 'ERROR') throw new Error(`expected the watch to go on, got ${line}`);
    version = event.object.metadata.resourceVersion;
    record(event);
  };
  let cut: () => void;
  const follow = (): void => {
    cut = http.follow(`${path}?watch=true&timeoutSeconds=1800&resourceVersion=${version}`, onLine, follow);
  };
  follow();
  return () => cut();
}

/** Starts to watch; what was stored before is not looked at. */
export async function startRecorder(http: RawHttp): Promise<Recorder> {
  const stored = new Map<string, GrantObject[]>();
  const gone = new Set<string>();
  const listeners = new Set<(uid: string) => void>();

  const record = ({ type, object }: WatchEvent): void => {
    if (type === 'BOOKMARK') return;
    const { uid } = object.metadata;
    stored.set(uid, [...(stored.get(uid) ?? []), object]);
    if (type === 'DELETED') gone.add(uid);
    for (const listener of listeners) listener(uid);
  };
  const cuts = await Promise.all(plurals.map((plural) => watch(http, `${grantsPath}/${plural}`, record)));

  return {
    versions: (uid) => stored.get(uid) ?? [],
    until: (uid, from, expected, check, patience_ms = 30_000) =>
      new Promise((resolve, reject) => {
        let next = from;
        const look = (changed: string): void => {
          if (changed !== uid) return;
          for (const grant of (stored.get(uid) ?? []).slice(next)) {
            if (check(grant)) return end(() => resolve({ grant, index: next }));
            next += 1;
          }
        };
        const end = (settle: () => void): void => {
          clearTimeout(timer);
          listeners.delete(look);
          settle();
        };
        const timer = setTimeout(() => {
          const { metadata, status } = stored.get(uid)?.at(-1) ?? {};
          const seen = JSON.stringify(status, undefined, 1);
          const name = metadata?.name ?? uid;
          end(() =>
            reject(new Error(`expected ${name} to be ${expected} in ${patience_ms} ms; last seen: ${seen}`)),
          );
        }, patience_ms);
        listeners.add(look);
        look(uid);
      }),
    isGone: (uid) => gone.has(uid),
    everything: () => [...stored.values()].flat(),
    stop: () => {
      for (const cut of cuts) cut();
    },
  };
}
