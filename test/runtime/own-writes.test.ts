/** Whoever writes reads what they wrote, however late the watch is, and never anything older or longer than that. */
import { beforeEach, describe, expect, it } from 'vitest';
import { widget } from './objects.ts';
import { createOwnWritesWorld, key, type OwnWritesWorld } from './own-writes-world.ts';

let store: OwnWritesWorld['store'];
let told: OwnWritesWorld['told'];
let versionNow: OwnWritesWorld['versionNow'];
let apply: OwnWritesWorld['apply'];
let remove: OwnWritesWorld['remove'];
let replace: OwnWritesWorld['replace'];

beforeEach(() => {
  ({ store, told, versionNow, apply, remove, replace } = createOwnWritesWorld());
});

describe('an update of ours', () => {
  beforeEach(() => {
    apply(widget('a', '1', { color: 'red' }));
    store.remember(widget('a', '2', { color: 'blue' }), '1');
    told.shift();
  });

  it('is read at once, in indexes too, and told at once', () => {
    expect(versionNow()).toBe('2');
    expect(store.byIndex('color', 'red')).toEqual([]);
    expect(store.byIndex('color', 'blue')).toHaveLength(1);
    expect(store.list().map(({ metadata }) => metadata.resourceVersion)).toEqual(['2']);
    expect(told).toEqual(['1 → 2']);
  });

  it('is not hidden by an event from before it, nor by a relist from before it', () => {
    apply(widget('a', '1', { color: 'red' }));
    expect(versionNow()).toBe('2');
    replace(widget('a', '1', { color: 'red' }));
    expect(versionNow()).toBe('2');
    expect(told).toHaveLength(1);
  });

  it('is not told a second time when the watch shows it', () => {
    apply(widget('a', '2', { color: 'blue' }));
    expect(versionNow()).toBe('2');
    expect(told).toHaveLength(1);
  });

  it('gives way to what somebody else wrote afterwards', () => {
    apply(widget('a', '2'));
    apply(widget('a', '3'));
    expect(versionNow()).toBe('3');
  });

  it('gives way to a relist that shows something newer', () => {
    replace(widget('a', '7'));
    expect(versionNow()).toBe('7');
  });

  it('gives way to a relist that shows the object gone', () => {
    replace();
    expect(store.get(key)).toBeUndefined();
    expect(store.byIndex('color', 'blue')).toEqual([]);
    expect(told.at(-1)).toBe('2 → nothing');
  });

  it('gives way to its deletion', () => {
    remove(widget('a', '3'));
    expect(store.get(key)).toBeUndefined();
  });

  it('that follows another of ours is read until the watch has shown both', () => {
    store.remember(widget('a', '3'), '2');
    for (const seen of ['1', '2']) {
      apply(widget('a', seen));
      expect(versionNow()).toBe('3');
    }
    apply(widget('a', '3'));
    apply(widget('a', '4'));
    expect(versionNow()).toBe('4');
  });

  it('is kept without managedFields', () => {
    const answer = { ...widget('a', '3'), metadata: { ...widget('a', '3').metadata, managedFields: [] } };
    store.remember(answer, '2');
    expect(store.get(key)?.metadata).not.toHaveProperty('managedFields');
  });
});

describe('an object of our making', () => {
  it('is read before the watch shows it', () => {
    store.remember(widget('a', '1'), undefined);
    expect(versionNow()).toBe('1');
    expect(store.size).toBe(1);
    apply(widget('a', '1'));
    expect(versionNow()).toBe('1');
    expect(told).toEqual(['nothing → 1']);
  });

  it('is not lost when the watch only now shows the end of its predecessor, which we deleted', () => {
    apply(widget('a', '1', { uid: 'old' }));
    store.forget(key, 'old');
    store.remember(widget('a', '3', { uid: 'new' }), undefined);
    remove(widget('a', '2', { uid: 'old' }));
    expect(versionNow()).toBe('3');
  });

  it('is given up when a complete state lacks it', () => {
    store.remember(widget('a', '1'), undefined);
    replace();
    expect(store.get(key)).toBeUndefined();
  });
});

describe('an own write that the watch never shows', () => {
  it('is given up at the second bookmark, and that is told', () => {
    apply(widget('a', '1'));
    store.remember(widget('a', '2'), '1');
    store.apply({ type: 'Bookmark' });
    expect(versionNow()).toBe('2');
    store.apply({ type: 'Bookmark' });
    expect(versionNow()).toBe('1');
    expect(told.at(-1)).toBe('2 → 1');
  });
});
