import { beforeEach, describe, expect, it } from 'vitest';
import { createStore, type Store } from '../../src/runtime/store.ts';
import type { StoreChange } from '../../src/runtime/store-event.ts';
import { deepFreeze, keyed, type Widget, widget } from './objects.ts';

let store: Store<Widget>;
let changes: string[];
let errors: unknown[];
let onChange: (change: StoreChange<Widget>) => void;

const shown = (object: Widget | undefined): string =>
  object === undefined ? 'nothing' : `${object.metadata.uid}@${object.metadata.resourceVersion}`;

beforeEach(() => {
  changes = [];
  errors = [];
  onChange = ({ key, previous, current }) => changes.push(`${key}: ${shown(previous)} → ${shown(current)}`);
  store = createStore<Widget>({
    indexes: { color: ({ spec }) => (spec === undefined ? [] : [spec.color]) },
    onChange: (change) => onChange(change),
    onError: (error) => errors.push(error),
  });
});

const replace = (...objects: Widget[]): void =>
  store.apply({ type: 'Replace', objects: deepFreeze(objects) });
const apply = (object: Widget): void => store.apply({ type: 'Apply', object: deepFreeze(object) });
const remove = (object: Widget): void => store.apply({ type: 'Delete', object: deepFreeze(object) });
const names = (objects: readonly Widget[]): string[] => objects.map(({ metadata }) => metadata.name);

describe('the first complete state', () => {
  it('is what makes the store synced, even when it is empty', () => {
    expect(store.hasSynced).toBe(false);
    replace();
    expect(store.hasSynced).toBe(true);
    expect(store.size).toBe(0);
  });

  it('is there as a whole when the first change of it is told', () => {
    onChange = () => changes.push(`${store.size} objects, synced: ${store.hasSynced}`);
    replace(widget('a', '1'), widget('b', '2'));
    expect(changes).toEqual(['2 objects, synced: true', '2 objects, synced: true']);
  });
});

describe('a relist', () => {
  it('takes away what vanished meanwhile, and tells so', () => {
    replace(widget('a', '1'), widget('b', '2'));
    changes = [];
    replace(widget('b', '2'), widget('c', '3'));
    expect(changes.sort()).toEqual(['ns/a: a@1 → nothing', 'ns/c: nothing → c@3']);
    expect(names(store.list())).toEqual(['b', 'c']);
  });

  it('takes away what only an own write has shown', () => {
    replace();
    store.remember(widget('a', '1'), undefined);
    changes = [];
    replace();
    expect(changes).toEqual(['ns/a: a@1 → nothing']);
    expect(store.size).toBe(0);
  });

  it('forgets an own delete together with what it had taken away', () => {
    replace(widget('a', '1'));
    store.forget(keyed('a'), 'a');
    replace();
    changes = [];
    // Were the delete still laid over, what the watch shows of that object would count as old.
    apply(widget('a', '2'));
    expect(changes).toEqual(['ns/a: nothing → a@2']);
  });

  it('tells nothing of what has not changed', () => {
    replace(widget('a', '1'));
    changes = [];
    replace(widget('a', '1'));
    expect(changes).toEqual([]);
  });

  it('that shows another UID under a name tells a delete and an add', () => {
    replace(widget('a', '1', { uid: 'old' }));
    changes = [];
    replace(widget('a', '9', { uid: 'new' }));
    expect(changes).toEqual(['ns/a: old@1 → nothing', 'ns/a: nothing → new@9']);
  });
});

describe('an event', () => {
  it('changes one object and tells both states', () => {
    apply(widget('a', '1'));
    apply(widget('a', '2'));
    remove(widget('a', '3'));
    expect(changes).toEqual(['ns/a: nothing → a@1', 'ns/a: a@1 → a@2', 'ns/a: a@2 → nothing']);
  });

  it('with the resourceVersion that is cached already tells nothing', () => {
    apply(widget('a', '1'));
    apply(widget('a', '1'));
    expect(changes).toHaveLength(1);
  });

  it('with another UID under the name tells a delete and an add', () => {
    apply(widget('a', '1', { uid: 'old' }));
    apply(widget('a', '2', { uid: 'new' }));
    expect(changes.slice(1)).toEqual(['ns/a: old@1 → nothing', 'ns/a: nothing → new@2']);
  });

  it('about an object that is not there when it goes tells nothing', () => {
    remove(widget('a', '1'));
    expect(changes).toEqual([]);
  });

  it('is kept without managedFields, and the object given is left alone', () => {
    const given = {
      ...widget('a', '1'),
      metadata: { ...widget('a', '1').metadata, managedFields: [{ manager: 'x' }] },
    };
    apply(given);
    expect(store.get(keyed('a'))?.metadata).toEqual(widget('a', '1').metadata);
    expect(given.metadata.managedFields).toHaveLength(1);
  });
});

describe('an index', () => {
  it('follows its objects', () => {
    replace(widget('a', '1', { color: 'red' }), widget('b', '2', { color: 'red' }));
    expect(names(store.byIndex('color', 'red'))).toEqual(['a', 'b']);
    apply(widget('a', '3', { color: 'blue' }));
    remove(widget('b', '4', { color: 'red' }));
    expect(names(store.byIndex('color', 'red'))).toEqual([]);
    expect(names(store.byIndex('color', 'blue'))).toEqual(['a']);
    replace();
    expect(store.byIndex('color', 'blue')).toEqual([]);
  });

  it('gives the newest version of an object that stays where it is', () => {
    replace(widget('a', '1', { color: 'red' }), widget('b', '1', { color: 'red' }));
    apply(widget('a', '2', { color: 'red' }));
    replace(widget('a', '3', { color: 'red' }), widget('b', '1', { color: 'red' }));
    const found = store.byIndex('color', 'red');
    expect(found.map(({ metadata }) => `${metadata.name}@${metadata.resourceVersion}`)).toEqual([
      'a@3',
      'b@1',
    ]);
  });

  it('keeps an object under the values that stay, and moves it under those that come', () => {
    const several = createStore<Widget>({
      indexes: { letter: ({ spec }) => (spec?.color ?? '').split(' ') },
      onChange: () => undefined,
      onError: (error) => errors.push(error),
    });
    several.apply({ type: 'Apply', object: widget('a', '1', { color: 'a b' }) });
    several.apply({ type: 'Apply', object: widget('a', '2', { color: 'b c' }) });
    expect(['a', 'b', 'c'].map((letter) => several.byIndex('letter', letter).length)).toEqual([0, 1, 1]);
  });

  it('that was not declared is refused, naming those that were', () => {
    expect(() => store.byIndex('size', 'L')).toThrow('expected one of the indexes color, got size');
  });
});

describe('one bad object', () => {
  it('that an index cannot place is kept and reported, and the others are found', () => {
    replace({ ...widget('bad', '1'), spec: null as never }, widget('good', '2', { color: 'red' }));
    expect(names(store.list())).toEqual(['bad', 'good']);
    expect(names(store.byIndex('color', 'red'))).toEqual(['good']);
    expect(String(errors[0])).toContain('index color cannot place ns/bad');
  });

  it('that a handler fails on is reported, and the others are told', () => {
    const told: string[] = [];
    onChange = ({ key }) => {
      if (key === keyed('bad')) throw new Error('cannot');
      told.push(key);
    };
    replace(widget('bad', '1'), widget('good', '2'));
    expect(told).toEqual([keyed('good')]);
    expect(String(errors[0])).toContain('handler failed on the change of ns/bad');
  });
});
