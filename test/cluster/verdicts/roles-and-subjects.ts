/** To what, and to whom. */
import type { PolicySpec } from '../../../src/domain/schema/policy-spec.ts';
import { type Row, type Verdicts } from './verdict.ts';

type Selector = PolicySpec['roles'][number];

const cluster = (name: string): Selector => ({ kind: 'ClusterRole', name });
const local = (name: string): Selector => ({ kind: 'Role', name });
const ask = ({ kind, name }: Selector, refused?: string): Row =>
  refused === undefined ? [{ roleRef: { kind, name } }] : [{ roleRef: { kind, name } }, refused];

const several = Array.from({ length: 10 }, (_, index) => cluster(`role-${index}`));

const roles: readonly Verdicts[] = [
  {
    policy: { roles: [cluster('edit')] },
    rows: [
      ask(cluster('edit')),
      ask(cluster('admin'), 'does not offer ClusterRole admin: ask for one of ClusterRole edit'),
      ask(local('edit'), 'does not offer Role edit'),
      ask(cluster('Edit'), 'does not offer ClusterRole Edit'),
      ask(cluster('edit-more'), 'does not offer ClusterRole edit-more'),
      ask(cluster('edi'), 'does not offer ClusterRole edi'),
    ],
  },
  {
    policy: { roles: [cluster('team-*'), local('on-call-*')] },
    rows: [
      ask(cluster('team-a')),
      ask(cluster('team-')),
      ask(cluster('team-a:read.write')),
      ask(
        cluster('team'),
        'does not offer ClusterRole team: ask for one of ClusterRole team-*, Role on-call-*',
      ),
      ask(cluster('a-team-a'), 'does not offer'),
      ask(cluster('Team-a'), 'does not offer'),
      ask(local('on-call-db')),
      ask(local('team-a'), 'does not offer Role team-a'),
      ask(cluster('on-call-db'), 'does not offer ClusterRole on-call-db'),
    ],
  },
  {
    policy: { roles: [cluster('*')] },
    rows: [
      ask(cluster('anything')),
      ask(cluster('system:aggregate-to-edit')),
      ask(local('anything'), 'ask for one of ClusterRole *'),
      ask(cluster('curfew-operator'), 'the roles of Curfew itself are never given'),
      ask(cluster('curfew-operator-grantable-roles'), 'the roles of Curfew itself are never given'),
      ask(cluster('curfew-reaper'), 'the roles of Curfew itself are never given'),
      ask(cluster('curfew-viewer')),
    ],
  },
  {
    policy: { roles: several },
    rows: [
      ask(cluster('role-0')),
      ask(cluster('role-9')),
      ask(cluster('role-10'), 'ClusterRole role-7 and 2 more'),
      ask(
        local('role-0'),
        'does not offer Role role-0: ask for one of ClusterRole role-0, ClusterRole role-1',
      ),
    ],
  },
  {
    policy: { roles: several.slice(0, 8) },
    rows: [ask(cluster('x'), 'ClusterRole role-6, ClusterRole role-7')],
  },
];

const user = (name: string) => ({ kind: 'User', name }) as const;
const group = (name: string) => ({ kind: 'Group', name }) as const;
const account = (namespace: string, name: string) => ({ kind: 'ServiceAccount', namespace, name }) as const;
type Subjects = NonNullable<Row[0]['subjects']>;
const whom = (subjects: Subjects, refused?: string): Row =>
  refused === undefined ? [{ subjects }] : [{ subjects }, refused];
const everyKind = ['User', 'Group', 'ServiceAccount'] as const;

/** The requester of the table is `star`. */
const onlyRequester: Verdicts['rows'] = [
  [{}],
  whom([user('star')]),
  whom([user('bob')], 'gives access to the requester only, not to bob: leave out spec.subjects'),
  whom([user('Star')], 'gives access to the requester only, not to Star'),
  whom([user('star'), user('bob')], 'not to bob'),
  whom([group('star')], 'gives access to the requester only, not to group star'),
  whom([account('ci', 'bot')], 'not to system:serviceaccount:ci:bot'),
  whom([user('system:admin')], 'not to system:admin'),
];

const subjects: readonly Verdicts[] = [
  { policy: {}, rows: onlyRequester },
  { policy: { subjects: { allow: 'OnlyRequester', kinds: ['User'] } }, rows: onlyRequester },
  {
    policy: { subjects: { allow: 'OnlyRequester', kinds: ['Group'] } },
    rows: [
      [{}, 'gives access to Group only, not to User star'],
      whom([group('oncall')], 'gives access to the requester only, not to group oncall'),
    ],
  },
  {
    policy: { subjects: { allow: 'Any', kinds: ['User'] } },
    rows: [
      [{}],
      whom([user('bob')]),
      whom([user('star'), user('bob')]),
      whom([group('oncall')], 'gives access to User only, not to Group oncall'),
      whom([user('bob'), account('ci', 'bot')], 'gives access to User only, not to ServiceAccount bot'),
      whom(
        [user('system:admin')],
        'system:admin belongs to Kubernetes itself and never gets temporary access',
      ),
      whom(
        [user('system:serviceaccount:ci:bot')],
        'system:serviceaccount:ci:bot belongs to Kubernetes itself',
      ),
    ],
  },
  {
    policy: { subjects: { allow: 'Any', kinds: ['User', 'Group'] } },
    rows: [
      whom([group('oncall'), user('bob')]),
      whom([group('system:masters')], 'group system:masters belongs to Kubernetes itself'),
      whom([group('system:authenticated')], 'group system:authenticated belongs to Kubernetes itself'),
      whom([account('ci', 'bot')], 'gives access to User, Group only, not to ServiceAccount bot'),
    ],
  },
  {
    policy: { subjects: { allow: 'Any', kinds: [...everyKind] } },
    rows: [
      whom([account('ci', 'bot')]),
      whom([user('bob'), group('oncall'), account('ci', 'bot')]),
      whom([user('bob'), group('system:masters')], 'group system:masters belongs to Kubernetes itself'),
      whom(Array.from({ length: 16 }, (_, index) => user(`user-${index}`))),
      whom([user('SYSTEM:admin')]),
      whom([user('systems')]),
    ],
  },
  {
    policy: { subjects: { allow: 'Any', kinds: ['ServiceAccount'] } },
    rows: [
      [{}, 'gives access to ServiceAccount only, not to User star'],
      whom([account('ci', 'bot')]),
      whom([account('ci', 'bot'), user('bob')], 'not to User bob'),
      whom([account('curfew-systems', 'bot')]),
      ...['curfew-system', 'kube-system'].map((namespace) =>
        whom(
          [account('ci', 'bot'), account(namespace, 'bot')],
          `temporary access is not given to system:serviceaccount:${namespace}:bot`,
        ),
      ),
    ],
  },
];

const places: readonly Verdicts[] = [
  {
    policy: {},
    rows: [
      ...['kube-system', 'kube-public', 'kube-node-lease', 'curfew-system'].map(
        (namespace): Row => [
          { scope: 'Namespaces', namespaces: ['payments', namespace] },
          `temporary access is not given in namespace ${namespace}: leave it out`,
        ],
      ),
      [{ scope: 'Namespaces', namespaces: ['payments', 'kube-systems'] }],
      [{ scope: 'Namespaces', namespaces: ['default'] }],
      [{ scope: 'Cluster' }],
      [{ scope: 'Cluster', duration: '9h' }, 'spec.duration 9h is longer than 8h'],
    ],
  },
];

export const rolesAndSubjects: readonly Verdicts[] = [...roles, ...subjects, ...places];
