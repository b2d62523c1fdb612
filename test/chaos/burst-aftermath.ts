/**
 * What must be true when a burst is over, whoever was killed in the middle of it.
 *
 * Must not know who was, nor how long it took.
 */
import { expect } from 'vitest';
import type { Grant } from '../../src/domain/grant.ts';
import type { LogLine } from '../operator/operator-process.ts';
import { type Burst, burstSize } from './burst.ts';
import type { ChaosCluster } from './chaos-cluster.ts';
import type { Operators } from './operators.ts';

/** For the proof and the record of all, which come after their access has been cut; in milliseconds. */
const recorded_ms = 60_000;

/** Awaits the record of every end, and compares it with the cluster and with what was told. */
export async function expectAllOver(
  home: ChaosCluster,
  burst: Burst,
  operators: Pick<Operators, 'trail'>,
): Promise<void> {
  await home.eventually(() => burst.allAre('Expired'), { timeout_ms: recorded_ms });
  const grants = await burst.grants();
  expect(grants).toHaveLength(burstSize);
  const flaws = grants.flatMap((grant) => flawsOf(grant, burst));
  expect(flaws, 'every status is true').toEqual([]);
  expect(await burst.standing(), 'managed bindings that the API server itself still lists').toEqual([]);
  expect(burst.bindings.gone.size).toBe(burstSize);
  expect(burst.bindings.returned, 'no access begins twice').toEqual([]);
  expect(await burst.foreign(), 'bindings of other people').toEqual(burst.foreignBefore);
  expect(untold(grants, operators.trail(burst.namespace)), 'begin and end, each told under one id').toEqual(
    [],
  );
}

function flawsOf({ metadata, status }: Grant, { end_ms, bindings }: Burst): readonly string[] {
  const { name, resourceVersion } = metadata;
  const binding = status.bindings?.[0];
  const gone = bindings.gone.get(binding?.name ?? '');
  const proof = status.conditions?.find(({ type }) => type === 'RevocationVerified');
  const flaws = [
    status.ended?.reason === 'Expired' ? undefined : `ended by ${status.ended?.reason}`,
    Date.parse(status.expirationTime ?? '') === end_ms ? undefined : `expires at ${status.expirationTime}`,
    proof?.status === 'True' && proof.reason === 'Verified' ? undefined : `proof: ${proof?.reason}`,
    gone !== undefined && gone.at_ms >= end_ms ? undefined : 'its binding went before its end, or not at all',
    // Over is the last thing that is written of a grant, and later writes have greater versions.
    gone?.resourceVersion === undefined || BigInt(resourceVersion) > BigInt(gone.resourceVersion)
      ? undefined
      : 'it was said to be over before its binding was gone',
  ];
  return flaws.flatMap((flaw) => (flaw === undefined ? [] : [`${name}: ${flaw}`]));
}

/** The steps that frame an access, in the words of the trail. */
const framing: ReadonlySet<string | undefined> = new Set([
  'Granted',
  'Expired',
  'Revoked',
  'Withdrawn',
  'Denied',
]);

/** Grants of which anything else was told than one begin and one end by time, each under one id. */
function untold(grants: readonly Grant[], trail: readonly LogLine[]): readonly string[] {
  const told = new Map<string, Map<unknown, Set<string>>>();
  for (const { step = '', id, grant } of trail) {
    if (!framing.has(step)) continue;
    const uid = grant?.uid ?? '';
    const steps = told.get(uid) ?? new Map<unknown, Set<string>>();
    told.set(uid, steps.set(id, (steps.get(id) ?? new Set()).add(step)));
  }
  return grants.flatMap(({ metadata: { name, uid } }) => {
    const steps = Array.from(told.get(uid)?.values() ?? [], (names) => [...names].join(' and '));
    return steps.toSorted().join(', ') === 'Expired, Granted' ? [] : [`${name}: ${steps.join(', ')}`];
  });
}
