/**
 * Limits of a policy: how many grants may hold access at once, and who goes next when there is room. First come, first
 * served; whoever has reached their own limit does not hold up those behind them.
 *
 * Must not know how the others were found.
 */
import { parseTime_ms } from './duration.ts';
import { type Grant, isFinal, type Policy, policyNameOf } from './grant.ts';

export type Limits = NonNullable<Policy['spec']['limits']>;

/** A grant, as far as limits look at it. */
export interface Contender {
  readonly uid: string;
  /** In lower case: the same person may be written in several ways. */
  readonly requester: string;
  /** Wall time in milliseconds. */
  readonly created_ms: number;
  /** The uid of the grant with which its chain of extensions began; its own where it prolongs nothing. */
  readonly chain: string;
}

/** What stands under one policy at one moment. */
export interface Load {
  /** Grants that hold access or are about to. */
  readonly holding: readonly Contender[];
  /** Grants that wait for room and for nothing else. */
  readonly queued: readonly Contender[];
}

export const contenderOf = ({ metadata, spec }: Grant, chain: string): Contender => ({
  uid: metadata.uid,
  requester: (spec.requester ?? '').toLowerCase(),
  created_ms: parseTime_ms(metadata.creationTimestamp),
  chain,
});

/** Whether it counts against the limits of its policy. */
export const isHolding = ({ status: { phase } }: Grant): boolean =>
  phase === 'Activating' || phase === 'Active';

/** Whether its status says that it waits for room. */
export const isQueued = ({ metadata, status }: Grant): boolean =>
  metadata.deletionTimestamp === undefined &&
  !isFinal(status.phase) &&
  status.conditions?.some(({ type, reason }) => type === 'Ready' && reason === 'LimitReached') === true;

/**
 * The queued grants that there is room for, oldest first. A chain of extensions takes one room, however many of its grants
 * hold: all of them are the same access.
 */
export function admitted(limits: Limits, { holding, queued }: Load): readonly Contender[] {
  const { active = Number.POSITIVE_INFINITY, activePerRequester = Number.POSITIVE_INFINITY } = limits;
  const chains = new Set<string>();
  const held = new Map<string, number>();
  const take = ({ chain, requester }: Contender): void => {
    if (chains.has(chain)) return;
    chains.add(chain);
    held.set(requester, (held.get(requester) ?? 0) + 1);
  };
  for (const one of holding) take(one);
  return queued.toSorted(inOrder).filter((one) => {
    const hasRoom = chains.size < active && (held.get(one.requester) ?? 0) < activePerRequester;
    if (!chains.has(one.chain) && !hasRoom) return false;
    take(one);
    return true;
  });
}

/** The uid decides between grants of the same second, so that everybody sees the same order. */
const inOrder = (a: Contender, b: Contender): number =>
  a.created_ms - b.created_ms || (a.uid < b.uid ? -1 : 1);

function isAdmitted(own: Contender, limits: Limits, { holding, queued }: Load): boolean {
  return admitted(limits, { holding, queued: [...queued, own] }).some(({ uid }) => uid === own.uid);
}

/** Why an approved grant must wait, or undefined when there is room for it. `load` is without the grant itself; what is not known counts as full. */
export function limitReached(
  grant: Grant,
  policy: Policy,
  chain: string,
  load: (() => Load) | undefined,
): string | undefined {
  const { limits } = policy.spec;
  if (limits === undefined) return undefined;
  if (load !== undefined && isAdmitted(contenderOf(grant, chain), limits, load())) return undefined;
  const { active, activePerRequester } = limits;
  const bounds = [
    ...(active === undefined ? [] : [`${active} in all`]),
    ...(activePerRequester === undefined ? [] : [`${activePerRequester} of one requester`]),
  ];
  return `Approved. Policy "${policyNameOf(grant)}" lets so many grants be active at once: ${bounds.join(', ')}; access begins when there is room, oldest first`;
}
