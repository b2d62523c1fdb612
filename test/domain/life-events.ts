/** What can happen to a grant, by name. Must not know where the grant stands, nor what comes of it. */
import { bindingAt, placeKey, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import type { Decision } from '../../src/domain/schema/grant-status.ts';
import type { PolicySpec } from '../../src/domain/schema/policy-spec.ts';
import { aPolicy, decisionBy, editRole, hour_ms, minute_ms } from './fixtures.ts';
import { full, putForeign } from './life-states.ts';
import { decided } from './lives.ts';
import { type Model, settle } from './model.ts';

type Happening = (model: Model) => void;

const says =
  (by: string, decision: Decision['decision'], uid?: string): Happening =>
  (model) =>
    decided(model, decisionBy(by, decision, uid));

const pass =
  (delay_ms: number): Happening =>
  (model) => {
    model.now_ms += delay_ms;
  };

/** What stands in the policy already stays, but for this. Where there is none, nothing happens. */
const editPolicy =
  (changes: Partial<PolicySpec>): Happening =>
  (model) => {
    if (model.policy === undefined) return;
    model.policy = { ...model.policy, spec: { ...model.policy.spec, ...changes } };
  };

const editBindings =
  (edit: (binding: StoredBinding) => StoredBinding): Happening =>
  ({ bindings }) => {
    for (const [key, binding] of bindings) bindings.set(key, edit(binding));
  };

const editMeta = (changes: Partial<StoredBinding['metadata']>): Happening =>
  editBindings((binding) => ({ ...binding, metadata: { ...binding.metadata, ...changes } }));

const then =
  (...happenings: readonly Happening[]): Happening =>
  (model) => {
    for (const [index, happening] of happenings.entries()) {
      if (index > 0) settle(model);
      happening(model);
    }
  };

const deletePolicy: Happening = (model) => {
  model.policy = undefined;
};
const deleteRole: Happening = (model) => {
  model.role = undefined;
};
const makeRole =
  (hash: string): Happening =>
  (model) => {
    model.role = { ...editRole, hash };
  };

/** As a backup that was restored has it: whole, and before its time. */
function restoreBinding(model: Model): void {
  const { grant, bindings } = model;
  const [place] = placesOf(grant);
  if (place === undefined || bindings.has(placeKey(place))) return;
  const binding = bindingAt(place, grant, '2026-03-03T09:00:00Z', []);
  const meta = {
    uid: 'restored',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '2026-03-02T08:00:00Z',
  };
  bindings.set(placeKey(place), { ...binding, metadata: { ...binding.metadata, ...meta } });
}

export const happenings: Readonly<Record<string, Happening>> = {
  nothing: () => {},
  'an approver approves': says('bob', 'Approved'),
  'the requester approves, in capitals': says('ALICE', 'Approved'),
  'a ServiceAccount of the namespace approves': says('system:serviceaccount:payments:ci', 'Approved'),
  'somebody approves another grant of the name': says('carol', 'Approved', 'of-another-grant'),
  'an approver approves, and somebody denies': (model) => {
    says('bob', 'Approved')(model);
    says('carol', 'Denied')(model);
  },
  'somebody denies': says('carol', 'Denied'),
  'somebody revokes': says('carol', 'Revoked'),
  'the requester withdraws': says('alice', 'Withdrawn'),
  'somebody revokes another grant of the name': says('carol', 'Revoked', 'of-another-grant'),
  '50 minutes pass': pass(50 * minute_ms),
  'two hours pass': pass(2 * hour_ms),
  'two hours pass, then an approver approves': then(pass(2 * hour_ms), says('bob', 'Approved')),
  'a day passes': pass(24 * hour_ms),
  'twenty minutes pass, and approvals are valid for ten': (model) => {
    const approval = { required: 1, timeout: '24h', validity: '10m', selfApproval: 'Forbidden' } as const;
    editPolicy({ approval })(model);
    pass(20 * minute_ms)(model);
  },
  'the policy is deleted': deletePolicy,
  'the policy is created': (model) => {
    model.policy = aPolicy(model.policy?.spec);
  },
  'the policy is deleted and created again': then(deletePolicy, (model) => {
    const { metadata, spec } = aPolicy();
    model.policy = { metadata: { ...metadata, uid: 'another-uid' }, spec };
  }),
  'the policy is suspended': editPolicy({ suspend: true }),
  'the policy is suspended and resumed': then(editPolicy({ suspend: true }), editPolicy({ suspend: false })),
  'the policy is resumed': editPolicy({ suspend: false }),
  'the policy is resumed, and the binding comes back': then(editPolicy({ suspend: false }), restoreBinding),
  'the policy no longer offers the role': editPolicy({ roles: [{ kind: 'ClusterRole', name: 'view' }] }),
  'the policy wants two approvals': editPolicy({
    approval: { required: 2, timeout: '24h', selfApproval: 'Forbidden' },
  }),
  'the policy gets a limit, which is reached': (model) => {
    model.load = full;
    editPolicy({ limits: { active: 1 } })(model);
  },
  'there is room': (model) => {
    model.load = { holding: [], queued: [] };
  },
  'the role is deleted': deleteRole,
  'the role is deleted and created again': then(deleteRole, makeRole(editRole.hash)),
  'the rules of the role change': makeRole('rules-2'),
  'the rules of the role change, and the policy minds': then(
    editPolicy({ onRoleChange: 'Revoke' }),
    makeRole('rules-2'),
  ),
  'an approver approves, and the operator may not bind the role': (model) => {
    model.mayBind = false;
    says('bob', 'Approved')(model);
  },
  'the API server refuses the binding': (model) => {
    model.refusing = true;
    model.bindings.clear();
  },
  'the binding is deleted by hand': ({ bindings }) => bindings.clear(),
  'the binding is edited': editBindings((binding) => ({
    ...binding,
    subjects: [{ kind: 'User', name: 'mallory' }],
  })),
  'the binding is edited for the tenth time': then((model) => {
    model.repairs = 10;
  }),
  'the binding is stripped of owner and labels': editMeta({ ownerReferences: [], labels: {} }),
  'the binding gets a finalizer': editMeta({ finalizers: ['example.com/keep'] }),
  'the binding is deleted, and a finalizer keeps it': editMeta({
    finalizers: ['example.com/keep'],
    deletionTimestamp: '2026-03-02T09:30:00Z',
  }),
  "somebody else's object takes its place": putForeign,
  'a binding comes back from a backup': restoreBinding,
  'the place is free': ({ bindings }) => bindings.delete([...bindings.keys()][0] ?? ''),
  'the API server confirms what is so': (model) => {
    model.verdict = undefined;
  },
  'the API server goes on to name the binding': (model) => {
    model.verdict = 'NamesOurs';
  },
  'the grant is being deleted': (model) => {
    const metadata = { ...model.grant.metadata, deletionTimestamp: '2026-03-02T09:30:00Z' };
    model.grant = { ...model.grant, metadata };
  },
  'the clocks differ by a minute': (model) => {
    model.skew_ms = -minute_ms;
  },
  'the clocks differ and agree again': then(
    (model) => {
      model.skew_ms = minute_ms;
    },
    (model) => {
      model.skew_ms = 0;
    },
  ),
  'an approver approves while the clocks differ': (model) => {
    model.skew_ms = minute_ms;
    says('bob', 'Approved')(model);
  },
  'a day passes while the clocks differ': (model) => {
    model.skew_ms = minute_ms;
    pass(24 * hour_ms)(model);
  },
};
