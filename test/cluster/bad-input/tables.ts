/** Which rows belong to which kind, and what the API server says about each of them. */
import {
  clusterTemporaryAccessGrant,
  type KindDefinition,
  temporaryAccessGrant,
  temporaryAccessPolicy,
} from '../../../src/domain/kinds.ts';
import type { KubectlTarget } from '../../controlplane/kubectl.ts';
import { type BadInput, changed } from './bad-input.ts';
import { answers, answersOneByOne, numbered } from './batch.ts';
import { fullestClusterGrant, fullestGrant, fullestPolicy, type Manifest } from './good-objects.ts';
import { fullestStatus } from './good-statuses.ts';
import { clusterGrantRows, grantSpecRows, namespacedGrantRows } from './grant-spec-rows.ts';
import { grantStatusRows } from './grant-status-rows.ts';
import { policyRows } from './policy-rows.ts';
import { type BadChange, clusterSpecChanges, specChanges, statusChanges } from './transition-rows.ts';

export interface Table {
  readonly definition: KindDefinition;
  /** What the rows are changes of. */
  readonly good: Manifest;
  readonly rows: readonly BadInput[];
  readonly specChanges: readonly BadChange[];
  readonly statusChanges: readonly BadChange[];
}

const withStatus = (manifest: Manifest, status: object): Manifest => ({ ...manifest, status });

export const tables: readonly Table[] = [
  {
    definition: temporaryAccessGrant,
    good: withStatus(fullestGrant, fullestStatus),
    rows: [...grantSpecRows, ...namespacedGrantRows, ...grantStatusRows],
    specChanges,
    statusChanges,
  },
  {
    definition: clusterTemporaryAccessGrant,
    good: withStatus(fullestClusterGrant, fullestStatus),
    rows: [...grantSpecRows, ...clusterGrantRows, ...grantStatusRows],
    specChanges: [...specChanges, ...clusterSpecChanges],
    statusChanges,
  },
  {
    definition: temporaryAccessPolicy,
    good: fullestPolicy,
    rows: policyRows,
    specChanges: [],
    statusChanges: [],
  },
];

/** The good object of the table with the row's fault in it. */
export const badObject = ({ good }: Table, { changes }: BadInput): Manifest => changed(good, changes);

const create = ['create', '--dry-run=server'];
const replace = ['replace', '--dry-run=server'];
const replaceStatus = [...replace, '--subresource=status'];

type Ask = (manifests: readonly Manifest[]) => Promise<readonly string[]>;

/** How a row is tried out. An unknown field is refused before anybody looks at the object's name. */
function sortOf({ breaks, field }: BadInput): 'spec' | 'status' | 'unknown field' {
  if (breaks === 'unknown field') return breaks;
  return field.startsWith('status') ? 'status' : 'spec';
}

/** What kubectl says about each row of the table. */
export async function sayRows(target: KubectlTarget, table: Table): Promise<ReadonlyMap<BadInput, string>> {
  const asked = {
    spec: (manifests) => answers(target, create, manifests),
    'unknown field': (manifests) => answersOneByOne(target, create, manifests),
    status: async (manifests) => {
      const stored = manifests.map((manifest) => withStatus(manifest, {}));
      await answers(target, ['create'], stored);
      return answers(target, replaceStatus, manifests);
    },
  } as const satisfies Record<string, Ask>;
  const said = new Map<BadInput, string>();
  for (const [sort, ask] of Object.entries(asked)) {
    const rows = table.rows.filter((row) => sortOf(row) === sort);
    const manifests = numbered(
      rows.map((row) => badObject(table, row)),
      'row',
    );
    const saidAboutThem = await ask(manifests);
    for (const [index, row] of rows.entries()) said.set(row, saidAboutThem[index] ?? '');
  }
  return said;
}

/** What kubectl says when the spec of stored objects is changed, in the order of the changes. */
export async function saySpecChanges(
  target: KubectlTarget,
  { good, specChanges: rows }: Table,
): Promise<readonly string[]> {
  const stored = numbered(
    rows.map(() => good),
    'spec-change',
  );
  await answers(target, ['create'], stored);
  return answers(target, replace, makeChanges(stored, rows));
}

/** What kubectl says when the status of stored objects is changed, in the order of the changes. */
export async function sayStatusChanges(
  target: KubectlTarget,
  { good, statusChanges: rows }: Table,
): Promise<readonly string[]> {
  const stored = numbered(
    rows.map(({ status = {} }) => withStatus(good, status)),
    'status-change',
  );
  await answers(target, ['create'], stored);
  await answers(target, ['replace', '--subresource=status'], stored);
  return answers(target, replaceStatus, makeChanges(stored, rows));
}

const makeChanges = (stored: readonly Manifest[], rows: readonly BadChange[]): readonly Manifest[] =>
  stored.map((manifest, index) => changed(manifest, rows[index]?.changes ?? {}));
