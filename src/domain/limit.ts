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
  /** The uid of the grant that it prolongs. */
  readonly extends?: string | undefined;
}

/** What stands under one policy at one moment. */
export interface Load {
  /** Grants that hold access or are about to. */
  readonly holding: readonly Contender[];
  /** Grants that wait for room and for nothing else. */
  readonly queued: readonly Contender[];
}

export const contenderOf = ({ metadata, spec }: Grant): Contender => ({
  uid: metadata.uid,
  requester: (spec.requester ?? '').toLowerCase(),
  created_ms: parseTime_ms(metadata.creationTimestamp),
  extends: spec.extends?.uid,
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
 * The queued grants that there is room for, oldest first. A grant that prolongs one which still holds takes no room of its
 * own; of several that prolong the same one, only the first.
 */
export function admitted(limits: Limits, { holding, queued }: Load): readonly Contender[] {
  const { active = Number.POSITIVE_INFINITY, activePerRequester = Number.POSITIVE_INFINITY } = limits;
  const holders = new Set(holding.map(({ uid }) => uid));
  const prolonged = new Set<string>();
  const held = new Map<string, number>();
  let room = active;

  const sharesRoom = ({ extends: before }: Contender): boolean => {
    if (before === undefined || !holders.has(before) || prolonged.has(before)) return false;
    prolonged.add(before);
    return true;
  };
  const take = ({ requester }: Contender): void => {
    room -= 1;
    held.set(requester, (held.get(requester) ?? 0) + 1);
  };

  for (const one of holding.toSorted(inOrder)) if (!sharesRoom(one)) take(one);
  return queued.toSorted(inOrder).filter((one) => {
    if (sharesRoom(one)) return true;
    if (room <= 0 || (held.get(one.requester) ?? 0) >= activePerRequester) return false;
    take(one);
    return true;
  });
}

/** The uid decides between grants of the same second, so that everybody sees the same order. */
const inOrder = (a: Contender, b: Contender): number =>
  a.created_ms - b.created_ms || (a.uid < b.uid ? -1 : 1);

function hasRoom(grant: Grant, limits: Limits, { holding, queued }: Load): boolean {
  const own = contenderOf(grant);
  return admitted(limits, { holding, queued: [...queued, own] }).some(({ uid }) => uid === own.uid);
}

/** Why an approved grant must wait, or undefined when there is room for it. `load` is without the grant itself; what is not known counts as full. */
export function limitReached(grant: Grant, policy: Policy, load: Load | undefined): string | undefined {
  const { limits } = policy.spec;
  if (limits === undefined) return undefined;
  if (load !== undefined && hasRoom(grant, limits, load)) return undefined;
  const { active, activePerRequester } = limits;
  const bounds = [
    ...(active === undefined ? [] : [`${active} in all`]),
    ...(activePerRequester === undefined ? [] : [`${activePerRequester} of one requester`]),
  ];
  return `Approved. Policy "${policyNameOf(grant)}" lets so many grants be active at once: ${bounds.join(', ')}; access begins when there is room, oldest first`;
}
