/**
 * Room under policies with limits: who holds it, who waits for it, and whom to look at when there may be some.
 *
 * The cache says who holds and who waits, but for three things that it cannot know: grants that are gone and whose access is
 * not, those that hold by the API server's own word before the cache has heard of it, and those whose looks fail, for whom
 * nobody else is kept waiting. Must not know what the limits are.
 */
import { chainOf } from '../domain/extension.ts';
import { type Grant, isFinal, policyNameOf } from '../domain/grant.ts';
import { admitted, type Contender, contenderOf, isHolding, type Limits, type Load } from '../domain/limit.ts';
import { keyOf } from '../runtime/resources.ts';
import type { Store } from '../runtime/store.ts';
import { predecessorsOf } from './chain.ts';
import type { Departed } from './departed.ts';
import { grantKinds } from './resources.ts';

export interface Room {
  /** There may be room under the policy of this name: whoever is next is worked on. */
  readonly offer: (policy: string) => void;
  /** What stands under a policy, as far as is known. */
  readonly load: (policy: string) => Load;
  /** A look at a grant has failed. After a few in a row nobody is kept waiting for it. */
  readonly stumbled: (grant: Grant) => void;
  /** A look at it has come to rest, or it is gone. */
  readonly steadied: (uid: string) => void;
  /** These hold access, as the API server itself has said. */
  readonly hold: (grants: readonly Grant[]) => void;
}

export interface RoomOptions {
  readonly grants: () => Readonly<Record<Grant['kind'], Store<Grant>>>;
  readonly departed: Departed;
  /** Undefined where the policy has none. */
  readonly limitsOf: (policy: string) => Limits | undefined;
  /** Has the grant with this UID worked on. */
  readonly enqueue: (uid: string) => void;
}

/** Whoever edits their own grant on and on makes each look fail; one or two failures in a row are everyday. */
const stumblesMax = 3;

export function createRoom({ grants, departed, limitsOf, enqueue }: RoomOptions): Room {
  /** How often the look at a grant has failed in a row, by UID. */
  const stumbles = new Map<string, number>();
  /** Those the cache has yet to hear of, by UID. */
  const held = new Map<string, Grant>();
  /** Policies under which somebody made room, until the end of this turn of the event loop: one look does for all. */
  const roomy = new Set<string>();

  const asContender = (grant: Grant): Contender =>
    contenderOf(grant, chainOf(grant, predecessorsOf(grants(), grant)));
  const found = (index: 'holding' | 'queued', policy: string): readonly Grant[] =>
    grantKinds.flatMap((kind) => grants()[kind].byIndex(index, policy));

  /** Whether the cache knows the grant, and knows no better than that it has yet to begin. */
  const isUnheard = (grant: Grant): boolean => {
    const cached = grants()[grant.kind].get(keyOf(grant));
    return cached?.metadata.uid === grant.metadata.uid && !isHolding(cached) && !isFinal(cached.status.phase);
  };

  /** Those that hold although the cache does not say so. */
  const unheard = (policy: string): readonly Grant[] => {
    for (const [uid, grant] of held) if (!isUnheard(grant)) held.delete(uid);
    return [...held.values()].filter((grant) => policyNameOf(grant) === policy);
  };

  const load = (policy: string): Load => {
    const gone = departed.grants().filter((grant) => policyNameOf(grant) === policy);
    const holding = [...found('holding', policy), ...unheard(policy), ...gone];
    const queued = found('queued', policy).filter(
      ({ metadata: { uid } }) => (stumbles.get(uid) ?? 0) < stumblesMax,
    );
    return { holding: holding.map(asContender), queued: queued.map(asContender) };
  };

  const enqueueNext = (): void => {
    for (const policy of roomy) {
      const limits = limitsOf(policy);
      const next = limits === undefined ? [] : admitted(limits, load(policy));
      for (const { uid } of next) enqueue(uid);
    }
    roomy.clear();
  };

  const offer = (policy: string): void => {
    if (limitsOf(policy) === undefined) return;
    if (roomy.size === 0) queueMicrotask(enqueueNext);
    roomy.add(policy);
  };

  return {
    offer,
    load,
    stumbled: (grant) => {
      const { uid } = grant.metadata;
      const count = (stumbles.get(uid) ?? 0) + 1;
      stumbles.set(uid, count);
      if (count === stumblesMax) offer(policyNameOf(grant));
    },
    steadied: (uid) => void stumbles.delete(uid),
    hold: (others) => {
      for (const grant of others) if (isUnheard(grant)) held.set(grant.metadata.uid, grant);
    },
  };
}
