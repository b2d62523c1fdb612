/**
 * Lookup tables of a store: for each index, which keys have which value.
 *
 * Must not know watches nor own writes: it is told what was visible under a key and what is now.
 */
import type { KubeObject } from './api.ts';
import { keyOf } from './resources.ts';

/** The values under which an object is found. Must be pure: it is asked again when the object goes. */
export type IndexFunction<T> = (object: T) => readonly string[];

export interface StoreIndexes<T> {
  /** The object under `key` changed; undefined stands for none. */
  readonly move: (key: string, before: T | undefined, after: T | undefined) => void;
  /** Throws on an index that was not declared. */
  readonly keys: (index: string, value: string) => ReadonlySet<string>;
}

interface Table<T> {
  readonly name: string;
  readonly valuesOf: IndexFunction<T>;
  readonly keysByValue: Map<string, Set<string>>;
}

const none: ReadonlySet<string> = new Set();

const sameTexts = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((text, index) => text === b[index]);

/** One object of an unexpected shape must not cost the others their place: it is left out of this index alone. */
const guarded =
  <T extends KubeObject>(index: string, valuesOf: IndexFunction<T>, onError: (error: unknown) => void) =>
  (object: T): readonly string[] => {
    try {
      return valuesOf(object);
    } catch (cause) {
      onError(
        new Error(`index ${index} cannot place ${keyOf(object)}; it is left out of this index`, { cause }),
      );
      return [];
    }
  };

export function createStoreIndexes<T extends KubeObject>(
  functions: Readonly<Record<string, IndexFunction<T>>>,
  onError: (error: unknown) => void,
): StoreIndexes<T> {
  const tables: readonly Table<T>[] = Object.entries(functions).map(([name, valuesOf]) => ({
    name,
    valuesOf: guarded(name, valuesOf, onError),
    keysByValue: new Map<string, Set<string>>(),
  }));

  const add = (table: Table<T>, key: string, values: readonly string[]): void => {
    for (const value of values) {
      const keys = table.keysByValue.get(value) ?? new Set();
      table.keysByValue.set(value, keys.add(key));
    }
  };

  const remove = (table: Table<T>, key: string, values: readonly string[]): void => {
    for (const value of values) {
      const keys = table.keysByValue.get(value);
      keys?.delete(key);
      if (keys?.size === 0) table.keysByValue.delete(value);
    }
  };

  const move = (key: string, before: T | undefined, after: T | undefined): void => {
    for (const table of tables) {
      const left = before === undefined ? [] : table.valuesOf(before);
      const entered = after === undefined ? [] : table.valuesOf(after);
      // Most changes move nothing, and a relist changes next to nothing.
      if (sameTexts(left, entered)) continue;
      remove(table, key, left);
      add(table, key, entered);
    }
  };

  return {
    move,
    keys: (index, value) => {
      const table = tables.find(({ name }) => name === index);
      if (table === undefined) {
        throw new Error(
          `expected one of the indexes ${Object.keys(functions).join(', ') || '(none)'}, got ${index}`,
        );
      }
      return table.keysByValue.get(value) ?? none;
    },
  };
}
