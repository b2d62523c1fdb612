/** That the stores of this ring really share frozen objects: otherwise a reader that changes one would go unnoticed. */
import { beforeEach, expect, it } from 'vitest';
import { createStore, type Store } from '../../src/runtime/store.ts';
import type { StoreChange } from '../../src/runtime/store-event.ts';
import { keyed, type Widget, widget } from './objects.ts';

let store: Store<Widget>;
let changes: StoreChange<Widget>[];
const key = keyed('a');

beforeEach(() => {
  changes = [];
  store = createStore<Widget>({
    indexes: { name: ({ metadata }) => [metadata.name] },
    onChange: (change) => changes.push(change),
    onError: (error) => expect.fail(String(error)),
  });
});

const paint = ({ spec }: Widget): void => {
  (spec as { color: string }).color = 'blue';
};
const rename = ({ metadata }: Widget): void => {
  (metadata as { name: string }).name = 'b';
};

/** Of the same shape as an object from the API server: the store makes a copy without managedFields. */
const red = (resourceVersion: string): Widget => {
  const object = widget('a', resourceVersion, { color: 'red' });
  return { ...object, metadata: { ...object.metadata, managedFields: [] } as Widget['metadata'] };
};

it('a reader that changes what it was given fails, whichever way it came', () => {
  store.apply({ type: 'Replace', objects: [red('1')] });
  store.apply({ type: 'Apply', object: red('2') });
  store.remember(red('3'), '2');
  const read = [store.get(key), ...store.list(), ...store.byIndex('name', 'a')];
  const told = changes.map(({ current }) => current);
  const objects = [...read, ...told].filter((object) => object !== undefined);
  expect(objects).toHaveLength(6);
  for (const object of objects) {
    expect(() => paint(object)).toThrow(TypeError);
    expect(() => rename(object)).toThrow(TypeError);
  }
});

it('a writer that changes what it has given away fails, too', () => {
  const given = [red('1'), red('2'), red('3')] as const;
  store.apply({ type: 'Replace', objects: [given[0]] });
  store.apply({ type: 'Apply', object: given[1] });
  store.remember(given[2], '2');
  for (const object of given) expect(() => paint(object)).toThrow(TypeError);
});

it('everything else of a store is as it was', () => {
  expect(store.hasSynced).toBe(false);
  store.apply({ type: 'Replace', objects: [red('1')] });
  expect(store.hasSynced).toBe(true);
  expect(store.size).toBe(1);
  store.forget(key, 'a');
  expect(store.size).toBe(0);
});
