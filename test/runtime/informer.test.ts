import { beforeEach, expect, it } from 'vitest';
import { type Informer, startInformer } from '../../src/runtime/informer.ts';
import { createStore, type Store } from '../../src/runtime/store.ts';
import { keyed, type Widget, widget, widgets } from './objects.ts';
import { added, bookmark, createScriptedApi, type ScriptedApi } from './scripted-api.ts';
import { createVirtualClock, settled } from './virtual-clock.ts';

let api: ScriptedApi;
let store: Store<Widget>;
let stop: AbortController;
let informer: Informer;

const onError = (error: unknown): void => expect.fail(String(error));

beforeEach(async () => {
  api = createScriptedApi();
  store = createStore<Widget>({ onChange: () => undefined, onError });
  stop = new AbortController();
  informer = startInformer({
    api,
    clock: createVirtualClock(),
    resource: widgets,
    store,
    signal: stop.signal,
    onError,
  });
  await settled();
});

it('is synced when the store holds the complete state', async () => {
  await api.watching().send(added(widget('a', '1')));
  expect(await Promise.race([informer.synced, settled().then(() => 'not yet')])).toBe('not yet');
  await api.watching().send(bookmark('2', true));
  await informer.synced;
  expect(store.get(keyed('a'))).toEqual(widget('a', '1'));
  stop.abort(new Error('stop'));
  await informer.stopped;
});

it('that is stopped before it was synced rejects those who wait, with the reason', async () => {
  stop.abort(new Error('stopped early'));
  await expect(informer.synced).rejects.toThrow('stopped early');
  await informer.stopped;
});
