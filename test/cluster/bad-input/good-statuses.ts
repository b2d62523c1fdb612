/** Statuses that the API server accepts: with every field, and as large as can be. Must not know what is wrong with any. */
const uid = '4e9a7a4e-6a0e-4f4e-9b1c-0d6e5a1f2b3c';
const time = '2026-01-31T15:04:05Z';

/** A status with every field, as the operator could have written it. */
export const fullestStatus = {
  observedGeneration: 1,
  phase: 'Active',
  decisions: [{ uid, by: 'carol@example.com', decision: 'Approved', comment: 'go ahead' }],
  approvals: [{ by: 'carol@example.com', time }],
  activationTime: time,
  expirationTime: '2026-01-31T16:34:05Z',
  ended: { time, reason: 'Revoked', by: 'dave@example.com', note: '' },
  bindings: [{ kind: 'RoleBinding', namespace: 'payments', name: `curfew:inc-4711:${uid}`, uid }],
  policy: { uid, generation: 3 },
  role: { hash: 'f'.repeat(64) },
  conditions: [
    {
      type: 'Ready',
      status: 'True',
      observedGeneration: 1,
      lastTransitionTime: time,
      reason: 'Active',
      message: 'the access holds until 2026-01-31T16:34:05Z',
    },
  ],
};

const everybody = (length: number, chars = 340): readonly string[] =>
  Array.from({ length }, (_, index) => `${index}`.padStart(chars, 'u'));

/** As large as the bounds allow, but for the conditions' messages: all of those together exceed etcd's limit. */
export const largestStatus = {
  ...fullestStatus,
  decisions: everybody(32).map((by, index) => ({
    uid: 'u'.repeat(64),
    by,
    decision: index < 24 ? 'Approved' : 'Withdrawn',
    comment: '🔥'.repeat(512),
  })),
  approvals: everybody(32).map((by) => ({ by, time })),
  ended: { time, reason: 'r'.repeat(64), by: 'b'.repeat(340), note: '🔥'.repeat(1024) },
  bindings: everybody(16).map((name) => ({
    kind: 'RoleBinding',
    namespace: 'n'.repeat(63),
    name: name.padStart(512, 'n'),
    uid: 'u'.repeat(64),
  })),
  conditions: everybody(16, 316).map((type) => ({
    type,
    status: 'Unknown',
    lastTransitionTime: time,
    reason: 'r'.repeat(1024),
    message: '🔥'.repeat(4096),
  })),
};
