/**
 * A store against a model of the server: one name, our own writes with answers that take their time, other people's
 * writes, a watch that lags, and relists. In the end the store shows what the server has, and on the way nobody reads
 * anything older than their own last answered write.
 */
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createStore, type Store } from '../../src/runtime/store.ts';
import { keyed, type Widget, widget } from './objects.ts';

const actions = [
  'Write',
  'Delete',
  'Create',
  'Answer',
  'ForeignWrite',
  'ForeignDelete',
  'ForeignCreate',
  'Watch',
  'Relist',
] as const;
type Action = (typeof actions)[number];

const key = keyed('a');

interface Model {
  readonly store: Store<Widget>;
  readonly act: (action: Action) => void;
  /** The newest state that we know of from an answer. */
  readonly answeredVersion: () => number;
  readonly server: () => Widget | undefined;
  /** Delivers all that is under way. */
  readonly settle: () => void;
}

function createModel(): Model {
  const store = createStore<Widget>({
    onChange: () => undefined,
    onError: (error) => expect.fail(String(error)),
  });
  let version = 0;
  let uid = 0;
  let server: Widget | undefined;
  let events: (() => void)[] = [];
  let answer: (() => void) | undefined;
  let answered = 0;

  const put = (): Widget => {
    version += 1;
    const object = widget('a', `${version}`, { uid: `${uid}` });
    server = object;
    events.push(() => store.apply({ type: 'Apply', object }));
    return object;
  };
  const create = (): Widget => {
    uid += 1;
    return put();
  };
  const drop = (): void => {
    version += 1;
    const object = widget('a', `${version}`, { uid: `${uid}` });
    server = undefined;
    events.push(() => store.apply({ type: 'Delete', object }));
  };
  const ours = (write: () => () => void): void => {
    const remember = write();
    const at = version;
    answer = () => {
      remember();
      answered = at;
    };
  };

  /** A reconciler works on a key in one place at a time: it waits for its answer, and acts on what it reads. */
  const write = (action: 'Write' | 'Delete' | 'Create'): void => {
    const read = store.get(key);
    if (answer !== undefined) return;
    if (action === 'Create' && read === undefined && server === undefined) {
      ours(() => {
        const made = create();
        return () => store.remember(made, undefined);
      });
    } else if (
      action === 'Write' &&
      read !== undefined &&
      read.metadata.resourceVersion === server?.metadata.resourceVersion
    ) {
      ours(() => {
        const written = put();
        return () => store.remember(written, read.metadata.resourceVersion);
      });
    } else if (action === 'Delete' && read !== undefined && read.metadata.uid === server?.metadata.uid) {
      const deleted = `${uid}`;
      ours(() => {
        drop();
        return () => store.forget(key, deleted);
      });
    }
  };

  const act = (action: Action): void => {
    switch (action) {
      case 'Write':
      case 'Delete':
      case 'Create':
        return write(action);
      case 'Answer':
        answer?.();
        answer = undefined;
        return;
      case 'ForeignWrite':
        if (server !== undefined) put();
        return;
      case 'ForeignDelete':
        if (server !== undefined) drop();
        return;
      case 'ForeignCreate':
        if (server === undefined) create();
        return;
      case 'Watch':
        return events.shift()?.();
      case 'Relist':
        events = [];
        return store.apply({ type: 'Replace', objects: server === undefined ? [] : [server] });
      default:
        return action satisfies never;
    }
  };

  return {
    store,
    act,
    answeredVersion: () => answered,
    server: () => server,
    settle: () => {
      for (const event of events) event();
      answer?.();
      for (let bookmarks = 0; bookmarks < 2; bookmarks += 1) store.apply({ type: 'Bookmark' });
    },
  };
}

const historyOf = (some: readonly Action[]) =>
  fc.array(fc.constantFrom(...some, 'Watch' as const), { maxLength: 50 });

it('in the end the store shows what the server has, whatever came in which order', () => {
  fc.assert(
    fc.property(historyOf(actions), (taken) => {
      const model = createModel();
      for (const action of taken) model.act(action);
      model.settle();
      expect(model.store.get(key)).toEqual(model.server());
      expect(model.store.list()).toEqual(model.server() === undefined ? [] : [model.server()]);
    }),
    { numRuns: 10000 },
  );
});

it('under a name that is ours alone nobody reads anything older than their own last answered write', () => {
  // A namesake that somebody else makes and deletes while the watch lags may be seen for a moment: no UID tells old from new.
  const ourName = actions.filter((action) => action !== 'ForeignCreate');
  fc.assert(
    fc.property(historyOf(ourName), (taken) => {
      const model = createModel();
      for (const action of taken) {
        model.act(action);
        const read = model.store.get(key);
        if (read !== undefined) {
          expect(Number(read.metadata.resourceVersion)).toBeGreaterThanOrEqual(model.answeredVersion());
        }
      }
    }),
    { numRuns: 10000 },
  );
});
