/** Where a grant can stand, each as a life that has come so far. Must not know what happens next. */
import { placeKey, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import { rbacApiGroup } from '../../src/domain/schema/subject.ts';
import { aGrant, aPolicy, decisionBy, hour_ms, minute_ms, start_ms } from './fixtures.ts';
import { begin, decided } from './lives.ts';
import { type Model, settle } from './model.ts';

const other = { uid: 'other', chain: 'other', requester: 'dora', created_ms: start_ms - minute_ms };
export const full: Model['load'] = { holding: [other], queued: [] };

function approved(model: Model): Model {
  settle(model);
  decided(model, decisionBy('bob', 'Approved'));
  settle(model);
  return model;
}

/** An object of somebody else's where the binding belongs. */
export function putForeign({ grant, bindings }: Model): void {
  const [place] = placesOf(grant);
  if (place === undefined) throw new Error('expected a place');
  const { kind, namespace, name } = place;
  const meta = {
    uid: 'foreign',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-03-02T08:00:00Z',
  };
  const foreign: StoredBinding = {
    apiVersion: `${rbacApiGroup}/v1`,
    kind,
    metadata: { namespace, name, ...meta },
    roleRef: { apiGroup: rbacApiGroup, kind: 'ClusterRole', name: 'view' },
  };
  bindings.set(placeKey(place), foreign);
}

const active = (): Model => approved(begin());

export const pendingStates = {
  new: () => begin(),
  waiting: () => {
    const model = begin();
    settle(model);
    return model;
  },
  'waiting, notBefore ahead': () => {
    const model = begin(aGrant({ notBefore: '2026-03-02T11:00:00Z' }));
    settle(model);
    return model;
  },
  queued: () => {
    const model = begin(aGrant(), aPolicy({ limits: { active: 1 } }));
    model.load = full;
    return approved(model);
  },
  'no policy': () => {
    const model = begin();
    model.policy = undefined;
    settle(model);
    return model;
  },
  'approved, but suspended': () => approved(begin(aGrant(), aPolicy({ suspend: true }))),
  scheduled: () => approved(begin(aGrant({ notBefore: '2026-03-02T11:00:00Z' }))),
} as const satisfies Record<string, () => Model>;

export const holdingStates = {
  'not confirmed': () => {
    const model = begin();
    model.verdict = 'Denied';
    return approved(model);
  },
  'place taken': () => {
    const model = begin();
    settle(model);
    putForeign(model);
    return approved(model);
  },
  active,
  'role gone': () => {
    const model = active();
    model.role = undefined;
    settle(model);
    return model;
  },
  ending: () => {
    const model = active();
    model.now_ms += hour_ms;
    model.verdict = 'NamesOurs';
    settle(model);
    return model;
  },
  'ending by suspension': () => {
    const model = active();
    model.policy = aPolicy({ suspend: true });
    model.verdict = 'NamesOurs';
    settle(model);
    return model;
  },
} as const satisfies Record<string, () => Model>;

function closedBy(by: string, decision: Parameters<typeof decisionBy>[1]): () => Model {
  return () => {
    const model = active();
    decided(model, decisionBy(by, decision));
    settle(model);
    return model;
  };
}

/** Grants that cannot begin as they are. */
export const flawedStates = {
  'without requester': () => begin(aGrant({ requester: undefined })),
  'without what it prolongs': () => begin(aGrant({ extends: { name: 'gone', uid: 'gone' } })),
} as const satisfies Record<string, () => Model>;

export const finalStates = {
  Expired: () => {
    const model = active();
    model.now_ms += hour_ms;
    settle(model);
    return model;
  },
  Denied: () => {
    const model = begin();
    decided(model, decisionBy('bob', 'Denied'));
    settle(model);
    return model;
  },
  Withdrawn: closedBy('alice', 'Withdrawn'),
  Revoked: closedBy('bob', 'Revoked'),
} as const satisfies Record<string, () => Model>;
