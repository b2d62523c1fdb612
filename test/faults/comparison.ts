/** Whether a store holds what the server lists, and whether what it told on the way leads there. Must not know any kind. */
import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../src/runtime/api.ts';
import { keyOf } from '../../src/runtime/resources.ts';
import type { StoreChange } from '../../src/runtime/store.ts';

const nameOf = (object: KubeObject | undefined): string =>
  object === undefined ? 'nothing' : `${object.metadata.uid}@${object.metadata.resourceVersion}`;

const byKey = (objects: readonly KubeObject[]): ReadonlyMap<string, KubeObject> =>
  new Map(objects.map((object) => [keyOf(object), object]));

/** A store keeps no managedFields. */
function bare({ metadata, ...rest }: KubeObject): object {
  const { managedFields: _managedFields, ...kept } = metadata as { managedFields?: unknown };
  return { ...rest, metadata: kept };
}

/** What is different, one line a key; empty when keys, UIDs, versions and contents are the same. */
export function differences(held: readonly KubeObject[], listed: readonly KubeObject[]): readonly string[] {
  const here = byKey(held);
  const there = byKey(listed);
  const keys = [...new Set([...here.keys(), ...there.keys()])].sort();
  return keys.flatMap((key) => {
    const [mine, theirs] = [here.get(key), there.get(key)];
    if (nameOf(mine) !== nameOf(theirs)) {
      return [`${key}: expected the server's ${nameOf(theirs)}, got ${nameOf(mine)}`];
    }
    if (mine === undefined || theirs === undefined || isDeepStrictEqual(bare(mine), bare(theirs))) return [];
    return [`${key}: expected the server's content, got ${JSON.stringify(mine).slice(0, 400)}`];
  });
}

/** Replays what a store tells, as a reader who knows nothing else. */
export interface Ledger {
  readonly take: (change: StoreChange<KubeObject>) => void;
  readonly objects: () => readonly KubeObject[];
  /** Changes that do not follow from those before them. */
  readonly contradictions: readonly string[];
}

export function createLedger(): Ledger {
  const objects = new Map<string, KubeObject>();
  const contradictions: string[] = [];
  return {
    take: ({ key, previous, current }) => {
      const before = objects.get(key);
      if (nameOf(before) !== nameOf(previous)) {
        contradictions.push(`${key}: expected a change of ${nameOf(before)}, got one of ${nameOf(previous)}`);
      }
      if (previous !== undefined && current !== undefined && previous.metadata.uid !== current.metadata.uid) {
        contradictions.push(`${key}: expected an end and a beginning, got a change into another object`);
      }
      if (current === undefined) objects.delete(key);
      else objects.set(key, current);
    },
    objects: () => [...objects.values()],
    contradictions,
  };
}
