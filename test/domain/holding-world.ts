/** One grant that holds access, each thing that may stand at its place, and each answer. Must not know what is decided. */
import { bindingAt, placeKey, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import { decide } from '../../src/domain/decide.ts';
import { formatTime } from '../../src/domain/duration.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { Plan } from '../../src/domain/plan.ts';
import type { ReviewAnswer } from '../../src/domain/review.ts';
import type { GrantStatus } from '../../src/domain/schema/grant-status.ts';
import type { Answers, World } from '../../src/domain/world.ts';
import { aGrant, aPolicy, decisionBy, editRole, hour_ms, minute_ms, start_ms } from './fixtures.ts';

export const begun_ms = start_ms + minute_ms;
export const end_ms = begun_ms + hour_ms;

export const recorded: Partial<GrantStatus> = {
  observedGeneration: 1,
  decisions: [decisionBy('bob', 'Approved')],
  approvals: [{ by: 'bob', time: '2026-03-02T09:01:00.000Z' }],
  role: { hash: editRole.hash },
  activationTime: formatTime(begun_ms),
  expirationTime: formatTime(end_ms),
};
export const activating = aGrant({}, { ...recorded, phase: 'Activating' });
export const active = aGrant(
  {},
  {
    ...recorded,
    phase: 'Active',
    bindings: [{ kind: 'RoleBinding', namespace: 'payments', name: 'n', uid: 'b-1' }],
  },
);

export const [place] = placesOf(activating);
if (place === undefined) throw new Error('expected a grant to have a place');
export const key = placeKey(place);

export const meta = {
  uid: 'b-1',
  resourceVersion: '7',
  generation: 1,
  creationTimestamp: formatTime(begun_ms),
};
export const whole = bindingAt(place, active, formatTime(end_ms), active.status.approvals ?? []);
export const ours: StoredBinding = { ...whole, metadata: { ...whole.metadata, ...meta } };
export const withMeta = (changes: Partial<StoredBinding['metadata']>): StoredBinding => ({
  ...ours,
  metadata: { ...ours.metadata, ...changes },
});
export const { labels: _labels, ownerReferences: _owners, ...bare } = ours.metadata;
export const unmarked: StoredBinding = { ...ours, metadata: bare };
export const foreign: StoredBinding = {
  ...unmarked,
  metadata: { ...bare, uid: 'somebody-else' },
  subjects: [{ kind: 'User', name: 'mallory' }],
};

export const here: ReviewAnswer = {
  allowed: true,
  reason: `RBAC: allowed by RoleBinding "${place.name}/payments" of ClusterRole "edit" to User "alice"`,
};
export const elsewhere: ReviewAnswer = {
  allowed: true,
  reason: 'RBAC: allowed by ClusterRoleBinding "admins" of ClusterRole "cluster-admin" to Group "ops"',
};
export const denied: ReviewAnswer = { allowed: false, reason: '' };

export interface Situation {
  readonly grant: Grant;
  readonly standing?: StoredBinding | undefined;
  readonly answers?: Answers;
  readonly role?: World['role'];
  readonly now_ms?: number;
}

export function decideOn({ grant, standing, answers = {}, now_ms = begun_ms, ...rest }: Situation): Plan {
  const liveBindings = new Map([[key, standing]]);
  const world: World = {
    installation: defaultInstallation,
    grant,
    grantIsLive: true,
    policy: aPolicy(),
    role: 'role' in rest ? rest.role : editRole,
    bindings: new Map(),
    predecessors: [],
    answers: { liveBindings, ...answers },
  };
  return decide(world, now_ms);
}

export const kindsOf = (plan: Plan): readonly string[] =>
  plan.kind === 'Act' ? plan.effects.map(({ kind }) => kind) : [plan.question.kind];
export function written(plan: Plan): GrantStatus | undefined {
  const effects = plan.kind === 'Act' ? plan.effects : [];
  return effects.flatMap((effect) => (effect.kind === 'WriteStatus' ? [effect.status] : []))[0];
}
export const said = (plan: Plan, type: string) =>
  written(plan)?.conditions?.find((condition) => condition.type === type);
