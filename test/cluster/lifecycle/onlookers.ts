/**
 * Who acts on what a grant's status looks like: kstatus, Argo CD and Flux with its expressions, each as a program around the
 * real library, and what docs/lifecycle.md says that it sees.
 *
 * Must not know how a status came about.
 */
import { type SituationRow, situationOf, situationRows } from '../../domain/lifecycle-doc.ts';
import { buildArgoCd } from '../../gitops/argocd.ts';
import { buildFlux } from '../../gitops/flux.ts';
import { buildJudge } from '../../kstatus/judge.ts';
import type { GrantObject } from '../grants.ts';

export type StoredGrant = GrantObject & { readonly kind: string };

export interface Onlooker {
  /** One word for each, in their order. */
  readonly words: (grants: readonly StoredGrant[]) => Promise<readonly string[]>;
  readonly remove: () => Promise<void>;
}

interface Reading {
  readonly name: string;
  readonly build: () => Promise<Onlooker>;
  /** Of what is being deleted. */
  readonly deleted: string;
  /** Of what nobody has looked at as it is now. */
  readonly unseen: string;
  readonly ofRow: (row: SituationRow) => string;
}

const readings: readonly Reading[] = [
  {
    name: 'kstatus',
    build: async () => {
      const { judge, remove } = await buildJudge();
      return { words: judge, remove };
    },
    deleted: 'Terminating',
    unseen: 'InProgress',
    ofRow: ({ kstatus }) => kstatus,
  },
  {
    name: 'Argo CD',
    build: async () => {
      const { shows, remove } = await buildArgoCd();
      return { words: async (grants) => (await shows(grants)).map(({ status }) => status), remove };
    },
    deleted: 'Progressing',
    unseen: 'Progressing',
    ofRow: ({ argocd }) => argocd,
  },
  {
    name: 'Flux, with the expressions of gitops/flux',
    build: async () => {
      const { judge, remove } = await buildFlux();
      // Flux asks them only about what stays.
      const words: Onlooker['words'] = async (grants) => {
        const answers = await judge(grants);
        return answers.map((word, index) => (isDeleted(grants[index]) ? 'not asked' : word));
      };
      return { words, remove };
    },
    deleted: 'not asked',
    unseen: 'InProgress',
    ofRow: ({ kstatus, argocd }) => (argocd === 'Suspended' ? 'Current' : kstatus),
  },
];

const isDeleted = (grant: StoredGrant | undefined): boolean =>
  grant !== undefined && 'deletionTimestamp' in grant.metadata;

export interface NamedOnlooker extends Pick<Reading, 'name' | 'build'> {
  readonly expected: (grant: StoredGrant) => string;
}

export const onlookers: readonly NamedOnlooker[] = readings.map(
  ({ name, build, deleted, unseen, ofRow }) => ({
    name,
    build,
    expected: (grant) => {
      if (isDeleted(grant)) return deleted;
      if (grant.metadata.generation !== grant.status.observedGeneration) return unseen;
      const row = situationRows.find(({ situation }) => situation === situationOf(grant.status));
      return row === undefined ? unseen : ofRow(row);
    },
  }),
);
