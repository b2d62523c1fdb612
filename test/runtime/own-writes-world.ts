/** A store of widgets that tells what it is told, and the watch that feeds it, by hand. */
import { createStore, type Store } from '../../src/runtime/store.ts';
import { deepFreeze, keyed, type Widget } from './objects.ts';

export interface OwnWritesWorld {
  readonly store: Store<Widget>;
  /** `1 → 2`, for each change. */
  readonly told: string[];
  /** Of the widget `a`. */
  readonly versionNow: () => string | undefined;
  /** What the watch brings. */
  readonly apply: (object: Widget) => void;
  readonly remove: (object: Widget) => void;
  readonly replace: (...objects: Widget[]) => void;
}

export const key: string = keyed('a');

const versionOf = (object: Widget | undefined): string => object?.metadata.resourceVersion ?? 'nothing';

export function createOwnWritesWorld(): OwnWritesWorld {
  const told: string[] = [];
  const store = createStore<Widget>({
    indexes: { color: ({ spec }) => (spec === undefined ? [] : [spec.color]) },
    onChange: ({ previous, current }) => told.push(`${versionOf(previous)} → ${versionOf(current)}`),
    onError: (error) => {
      throw error;
    },
  });
  return {
    store,
    told,
    versionNow: () => store.get(key)?.metadata.resourceVersion,
    apply: (object) => store.apply({ type: 'Apply', object: deepFreeze(object) }),
    remove: (object) => store.apply({ type: 'Delete', object: deepFreeze(object) }),
    replace: (...objects) => store.apply({ type: 'Replace', objects: deepFreeze(objects) }),
  };
}
