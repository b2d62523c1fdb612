/** Reasons and tickets, and which of several faults is named. */
import type { Row, Verdicts } from './verdict.ts';

const short = (minLength: number): string =>
  `spec.reason is shorter than the ${minLength} characters that policy`;

const lengths: readonly Verdicts[] = [1, 10, 1024].map((minLength) => ({
  policy: { reason: { minLength } },
  rows: [
    [{ reason: 'x'.repeat(minLength) }],
    ...(minLength < 1024 ? [[{ reason: 'x'.repeat(minLength + 1) }] as const] : []),
    ...(minLength > 1 ? [[{ reason: 'x'.repeat(minLength - 1) }, short(minLength)] as const] : []),
    // One character each, although some count two in JavaScript and four on the wire.
    [{ reason: '🔥'.repeat(minLength) }],
    ...(minLength > 1 ? [[{ reason: '🔥'.repeat(minLength - 1) }, short(minLength)] as const] : []),
    [{ reason: 'ä'.repeat(minLength) }],
  ],
}));

const matching = (
  pattern: string,
  accepted: readonly string[],
  refused: readonly string[],
): readonly Verdicts[] => [
  {
    policy: { reason: { minLength: 1, pattern } },
    rows: [
      ...accepted.map((reason): Row => [{ reason }]),
      ...refused.map((reason): Row => [{ reason }, `spec.reason does not match ${pattern}, which policy`]),
    ],
  },
  {
    policy: { ticket: { required: true, pattern } },
    rows: [
      [{}, 'demands a ticket: write spec.ticket'],
      ...accepted.map((ticket): Row => [{ ticket }]),
      ...refused.map(
        (ticket): Row => [{ ticket }, `spec.ticket ${ticket} does not match ${pattern}, which policy`],
      ),
    ],
  },
];

const patterns: readonly Verdicts[] = [
  matching('^INC-[0-9]+$', ['INC-1', 'INC-4711'], ['INC-', 'inc-1', 'INC-1 ', 'see INC-1']),
  matching('INC-[0-9]', ['see INC-1 there', 'INC-12'], ['INC', 'INC 1']),
  matching('(?i)^inc', ['INC-1', 'incident'], ['an incident']),
  matching('^.{5,}$', ['12345', '🔥🔥🔥🔥🔥'], ['1234', '🔥🔥']),
  matching('^\\S+$', ['one'], ['one two']),
  matching('^(a|b)*c$', ['ababc', 'c'], ['abab', 'abca']),
  matching('^[\\p{L} ]+$', ['Zahlungen hängen', '支払い'], ['a1']),
].flat();

const others: readonly Verdicts[] = [
  { policy: { ticket: { required: true } }, rows: [[{ ticket: 'x' }], [{}, 'demands a ticket']] },
  {
    policy: { ticket: { required: false, pattern: '^INC-' } },
    rows: [[{}], [{ ticket: 'INC-1' }], [{ ticket: 'CHG-1' }, 'spec.ticket CHG-1 does not match ^INC-']],
  },
  {
    // Everything at once: faults are named in the order of what helps most.
    policy: {
      roles: [{ kind: 'ClusterRole', name: 'view' }],
      duration: { max: '1h' },
      maxLeadTime: '1h',
      expiration: 'AbsoluteRequired',
      reason: { minLength: 10, pattern: '^INC' },
      ticket: { required: true, pattern: '^INC' },
    },
    rows: [
      [
        { duration: '2h', subjects: [{ kind: 'User', name: 'bob' }], reason: 'x' },
        'does not offer ClusterRole edit',
      ],
      [
        {
          roleRef: { kind: 'ClusterRole', name: 'view' },
          subjects: [{ kind: 'User', name: 'bob' }],
          duration: '2h',
        },
        'gives access to the requester only',
      ],
      [
        { roleRef: { kind: 'ClusterRole', name: 'view' }, duration: '2h' },
        'spec.duration 2h is longer than 1h',
      ],
      [{ roleRef: { kind: 'ClusterRole', name: 'view' }, duration: '1h' }, 'demands an absolute end'],
      [
        {
          roleRef: { kind: 'ClusterRole', name: 'view' },
          duration: undefined,
          notBefore: '2031-01-01T00:00:00Z',
          notAfter: '2031-01-01T00:30:00Z',
          reason: 'x',
        },
        'spec.notBefore 2031-01-01T00:00:00Z is further ahead than 1h',
      ],
      [
        {
          roleRef: { kind: 'ClusterRole', name: 'view' },
          duration: undefined,
          notAfter: '2021-01-01T00:30:00Z',
          reason: 'x',
        },
        short(10),
      ],
      [
        {
          roleRef: { kind: 'ClusterRole', name: 'view' },
          duration: undefined,
          notAfter: '2021-01-01T00:30:00Z',
          reason: 'the queue is stuck',
        },
        'spec.reason does not match ^INC',
      ],
      [
        {
          roleRef: { kind: 'ClusterRole', name: 'view' },
          duration: undefined,
          notAfter: '2021-01-01T00:30:00Z',
          reason: 'INC-1: the queue is stuck',
        },
        'demands a ticket',
      ],
      [
        {
          roleRef: { kind: 'ClusterRole', name: 'view' },
          duration: undefined,
          notAfter: '2021-01-01T00:30:00Z',
          reason: 'INC-1: the queue is stuck',
          ticket: 'INC-1',
        },
      ],
    ],
  },
];

export const texts: readonly Verdicts[] = [...lengths, ...patterns, ...others];
