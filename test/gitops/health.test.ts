/**
 * What Argo CD and Flux show of every phase and situation: the health scripts, run as Argo CD runs them, and the expressions
 * of the example Kustomization, evaluated by Flux' own package. The last two columns of docs/lifecycle.md are the measure.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aGrant } from '../domain/fixtures.ts';
import { situationOf, situationRows, type Word } from '../domain/lifecycle-doc.ts';
import { type GrantAsStored, message, objectOf, rows } from '../kstatus/situations.ts';
import { type ArgoCd, buildArgoCd } from './argocd.ts';
import { buildFlux, type Flux, healthCheckExprs } from './flux.ts';

let argocd: ArgoCd;

beforeAll(async () => {
  argocd = await buildArgoCd();
}, 300_000);
afterAll(() => argocd.remove());

const kinds = ['TemporaryAccessGrant', 'ClusterTemporaryAccessGrant'] as const;
const inEverySituation: readonly GrantAsStored[] = kinds.flatMap((kind) =>
  rows.map((row) => ({ ...objectOf(row), kind })),
);
const fresh = { apiVersion: 'curfew.dev/v1alpha1', ...aGrant() };
const { status: _, ...withoutStatus } = fresh;
const active = objectOf({ phase: 'Active', situation: { kind: 'Active', reason: 'Verified', message } });
const ofAnotherGeneration = { ...active, metadata: { ...active.metadata, generation: 2 } };

/** Its row of docs/lifecycle.md. @throws Error where it is in none */
function rowOf({ status }: GrantAsStored): (typeof situationRows)[number] {
  const row = situationRows.find(({ situation }) => situation === situationOf(status));
  if (row === undefined)
    throw new Error(`expected docs/lifecycle.md to have a row for ${JSON.stringify(status)}`);
  return row;
}

function said({ status: { phase, expirationTime } }: GrantAsStored, health: string, reason = ''): string {
  if (health === 'Degraded' && phase !== 'Denied') return `${reason}: ${message}`;
  return health === 'Healthy' && phase === 'Active' ? `Until ${expirationTime}: ${message}` : message;
}

describe.each(['argocd-cm', 'upstream'] as const)('Argo CD, with its scripts from %s', (place) => {
  it('shows every situation as the table means it, in the words of the condition Ready', async () => {
    const shown = await argocd.shows(inEverySituation, { place });
    const expected = inEverySituation.map((grant) => {
      const { argocd: status } = rowOf(grant);
      const ready = grant.status.conditions?.find(({ type }) => type === 'Ready');
      return { status, message: said(grant, status, ready?.reason) };
    });
    expect(shown).toEqual(expected);
    expect(new Set(inEverySituation.map(rowOf))).toEqual(new Set(situationRows));
  });

  it('takes what nobody has looked at yet, as it is now, for progressing', async () => {
    const unseen = { status: 'Progressing', message: 'Curfew has not looked at this grant yet' };
    const withoutConditions = { ...active, status: { ...active.status, conditions: [] } };
    expect(
      await argocd.shows([fresh, withoutStatus, ofAnotherGeneration, withoutConditions], { place }),
    ).toEqual([unseen, unseen, unseen, unseen]);
  });

  it('shows policies as healthy, suspended ones too, or no later wave would ever be applied', async () => {
    const policy = { kind: 'TemporaryAccessPolicy', metadata: { name: 'default' }, spec: {} };
    const suspended = { ...policy, spec: { suspend: true } };
    expect(await argocd.shows([policy, suspended], { place })).toEqual([
      { status: 'Healthy', message: 'In force' },
      { status: 'Healthy', message: 'Suspended: no access under this policy' },
    ]);
  });
});

it('scripts in argocd-cm have no library for strings, and these need none', async () => {
  const script = 'return { status = string.format("%s", "Healthy") }';
  await expect(argocd.shows([fresh], { script })).rejects.toThrow('attempt to index a non-table object(nil)');
  expect(await argocd.shows([fresh], { script, place: 'upstream' })).toMatchObject([{ status: 'Healthy' }]);
});

/** What the example's expressions change, compared with kstatus: who waits for people, or for room, holds nobody up. */
const flatterers = ['waiting for people', 'approved, a limit is reached'];

describe('Flux, with healthCheckExprs', () => {
  let flux: Flux;
  beforeAll(async () => {
    flux = await buildFlux();
  }, 600_000);
  afterAll(() => flux.remove());

  it('takes a grant that waits for people or room for current, and everything else as kstatus does', async () => {
    const expected = inEverySituation.map((grant): Word => {
      const { situation, kstatus } = rowOf(grant);
      return flatterers.includes(situation) ? 'Current' : kstatus;
    });
    expect(await flux.judge(inEverySituation)).toEqual(expected);
    expect(situationRows.map(({ situation }) => situation)).toEqual(expect.arrayContaining(flatterers));
  });

  it('takes what nobody has looked at yet, as it is now, for in progress', async () => {
    expect(await flux.judge([fresh, ofAnotherGeneration])).toEqual(['InProgress', 'InProgress']);
  });

  it('reads the same expressions for both kinds of grants, and for no other', () => {
    expect(healthCheckExprs.map(({ kind }) => kind)).toEqual(kinds);
    const [one, other] = healthCheckExprs;
    expect({ ...one, kind: '' }).toEqual({ ...other, kind: '' });
  });
});
