/**
 * Freezes every object that goes into a store or comes out of one, in all tests of a ring: objects are shared, and whoever
 * changes one fails there and then instead of spoiling it for the next reader.
 */
import { vi } from 'vitest';
import type { KubeObject } from '../../src/runtime/api.ts';
import type { Store, StoreOptions } from '../../src/runtime/store.ts';
import type { StoreChange, StoreEvent } from '../../src/runtime/store-event.ts';
import { deepFreeze } from './objects.ts';

vi.mock(import('../../src/runtime/store.ts'), async (original) => {
  const { createStore, ...rest } = await original();
  return { ...rest, createStore: (options) => frozen(createStore(frozenOptions(options))) };
});

const frozenOptions = <T extends KubeObject>(options: StoreOptions<T>): StoreOptions<T> => ({
  ...options,
  onChange: (change) => options.onChange(deepFreeze<StoreChange<T>>(change)),
});

/** The store itself, getters included, with other doors. */
function frozen<T extends KubeObject>(store: Store<T>): Store<T> {
  const doors: Partial<Store<T>> = {
    apply: (event) => store.apply(deepFreeze<StoreEvent<T>>(event)),
    get: (key) => deepFreeze(store.get(key)),
    list: () => deepFreeze(store.list()),
    byIndex: (index, value) => deepFreeze(store.byIndex(index, value)),
    remember: (object, basis) => store.remember(deepFreeze(object), basis),
  };
  return Object.defineProperties({} as Store<T>, {
    ...Object.getOwnPropertyDescriptors(store),
    ...Object.getOwnPropertyDescriptors(doors),
  });
}
