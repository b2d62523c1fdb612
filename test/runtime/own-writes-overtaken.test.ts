/** Answers to our writes that come when the watch knows more already, and deletes of ours. */
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

describe('an answer that arrives after the watch has passed it', () => {
  it('does not hide what came later', () => {
    apply(widget('a', '1'));
    apply(widget('a', '2'));
    apply(widget('a', '3'));
    store.remember(widget('a', '2'), '1');
    expect(versionNow()).toBe('3');
  });

  it('does not bring back what has been deleted since', () => {
    apply(widget('a', '1'));
    remove(widget('a', '3'));
    store.remember(widget('a', '2'), '1');
    expect(store.get(key)).toBeUndefined();
  });

  it('does not bring back what was created and deleted since', () => {
    apply(widget('a', '1'));
    remove(widget('a', '2'));
    store.remember(widget('a', '1'), undefined);
    expect(store.get(key)).toBeUndefined();
  });

  it('does not bring back what was created and then missing from a relist', () => {
    apply(widget('a', '1'));
    replace();
    store.remember(widget('a', '1'), undefined);
    expect(store.get(key)).toBeUndefined();
  });

  it('of a write that changed nothing changes nothing', () => {
    apply(widget('a', '1'));
    store.remember(widget('a', '1'), '1');
    apply(widget('a', '2'));
    expect(versionNow()).toBe('2');
  });
});

describe('a delete of ours', () => {
  beforeEach(() => {
    apply(widget('a', '1', { color: 'red' }));
    store.forget(key, 'a');
    told.shift();
  });

  it('is believed at once, in indexes too', () => {
    expect(store.get(key)).toBeUndefined();
    expect(store.byIndex('color', 'red')).toEqual([]);
    expect(store.size).toBe(0);
    expect(told).toEqual(['1 → nothing']);
  });

  it('hides every later state of the object, until the watch says that it is gone', () => {
    apply(widget('a', '2'));
    expect(store.get(key)).toBeUndefined();
    remove(widget('a', '3'));
    expect(store.get(key)).toBeUndefined();
    expect(told).toHaveLength(1);
  });

  it('does not hide another object under the same name', () => {
    apply(widget('a', '9', { uid: 'other' }));
    expect(store.get(key)?.metadata.uid).toBe('other');
  });

  it('does not hide what a later complete state shows in its place', () => {
    replace(widget('a', '9', { uid: 'other' }));
    expect(store.get(key)?.metadata.uid).toBe('other');
  });
});

describe('a delete of ours that the watch knew before us', () => {
  it('leaves nothing behind', () => {
    apply(widget('a', '1'));
    remove(widget('a', '2'));
    store.forget(key, 'a');
    apply(widget('a', '3', { uid: 'a' }));
    expect(versionNow()).toBe('3');
  });

  it('does not hide the successor that it has shown already', () => {
    apply(widget('a', '1', { uid: 'old' }));
    apply(widget('a', '3', { uid: 'new' }));
    store.forget(key, 'old');
    expect(store.get(key)?.metadata.uid).toBe('new');
  });
});
