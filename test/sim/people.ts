/**
 * The people of a simulation: who asks, approves, denies, ends and deletes, at times that were drawn beforehand. They write only
 * what the guard would let them write.
 *
 * Must not know the operator, nor faults.
 */
import { grantResource } from '../../src/controller/resources.ts';
import type { ObjectRef } from '../../src/runtime/api.ts';
import { formatTime } from '../../src/domain/duration.ts';
import { isNotFound } from '../../src/runtime/api-error.ts';
import type { VirtualClock } from '../runtime/virtual-clock.ts';
import type { Chance } from './chance.ts';
import type { SimCluster } from './cluster.ts';
import type { SeenGrant } from './seen.ts';

/** Something that happens at a time. */
export interface Deed {
  /** Since the beginning, in milliseconds. */
  readonly at_ms: number;
  readonly act: () => Promise<void>;
}

export const namespaces = ['payments', 'billing'] as const;
const second_ms = 1000;

/** What one grant goes through. The namespace is left out for a cluster grant. */
export function livesOf(
  cluster: SimCluster,
  clock: VirtualClock,
  chance: Chance,
  index: number,
): readonly Deed[] {
  const kind = chance.hit(0.75) ? 'TemporaryAccessGrant' : 'ClusterTemporaryAccessGrant';
  const namespaced = kind === 'TemporaryAccessGrant';
  const ref: ObjectRef = {
    resource: grantResource[kind],
    namespace: namespaced ? chance.pick(namespaces) : undefined,
    name: `g${index}`,
  };
  const policy = chance.pick(['default', 'default', 'two', 'narrow', 'free']);
  const asked_ms = chance.between(0, 230) * second_ms;
  const requester = chance.pick(['alice', 'dave']);
  const deeds: Deed[] = [];
  const at = (at_ms: number, act: () => Promise<void>): void => void deeds.push({ at_ms, act });
  const later = (from_s: number, to_s: number): number => asked_ms + chance.between(from_s, to_s) * second_ms;

  // Some outlast the faults by far, but for those that others wait for.
  const isLong = policy !== 'narrow' && chance.hit(0.15);
  const length_s = isLong ? chance.between(200, 400) : chance.between(5, 200);
  const window = windowOf(chance, clock.now() + asked_ms, policy === 'free', length_s);
  const reach = chance.hit(0.5) ? { scope: 'Cluster' } : { scope: 'Namespaces', namespaces: [...namespaces] };
  const ask = async (): Promise<void> => {
    const spec = {
      policyRef: { name: policy },
      requester,
      roleRef: { kind: 'ClusterRole', name: 'edit' },
      reason: 'simulated',
      ...(chance.hit(0.2) ? { subjects: [{ kind: 'User', name: requester }] } : {}),
      ...(namespaced ? {} : reach),
      ...window,
    };
    await cluster.create(ref.resource, ref.namespace, { metadata: { name: ref.name }, spec });
  };
  at(asked_ms, ask);

  const approvers = chance.pick([
    ['bob'],
    ['bob', 'carol'],
    ['bob', 'Bob'],
    ['alice', 'bob'],
    ['Alice', 'alice'],
    [],
  ]);
  for (const by of approvers) at(later(0, 60), () => decide(cluster.api, ref, by, 'Approved'));
  if (chance.hit(0.1)) at(later(0, 90), () => decide(cluster.api, ref, 'carol', 'Denied'));
  if (chance.hit(0.25)) at(later(5, 200), () => decide(cluster.api, ref, requester, 'Withdrawn'));
  if (chance.hit(0.25)) at(later(5, 200), () => decide(cluster.api, ref, 'carol', 'Revoked'));
  if (chance.hit(0.25)) {
    const propagationPolicy = chance.pick(['Background', 'Background', 'Orphan', 'Foreground'] as const);
    const gone_ms = later(5, 200);
    at(gone_ms, () => unlessGone(async () => void (await cluster.api.delete(ref, { propagationPolicy }))));
    // Under the old name, a new grant, as a GitOps controller makes it.
    if (chance.hit(0.3)) at(gone_ms + chance.between(0, 5) * second_ms, () => unlessGone(ask));
  }
  return deeds;
}

function windowOf(chance: Chance, asked_ms: number, absolute: boolean, length_s: number): object {
  const soon_ms = asked_ms + chance.between(1, 90) * second_ms;
  const ahead = chance.hit(0.2) ? { notBefore: formatTime(soon_ms) } : {};
  if (!absolute && chance.hit(0.7)) return { ...ahead, duration: `${length_s}s` };
  return { ...ahead, notAfter: formatTime(soon_ms + length_s * second_ms) };
}

/** What somebody else has deleted, or made, in the meantime is no matter. */
async function unlessGone(act: () => Promise<void>): Promise<void> {
  await act().catch((error: unknown) => {
    if (!isNotFound(error) && !String(error).includes('AlreadyExists')) throw error;
  });
}

/** As the guard has it: approved and denied while pending, ended while it is not over, each by each once. */
export async function decide(
  api: SimCluster['api'],
  ref: ObjectRef,
  by: string,
  decision: string,
): Promise<void> {
  await unlessGone(async () => {
    const { metadata, status } = await api.get<SeenGrant & { metadata: { name: string } }>(ref);
    const pending = status.phase === 'Pending' || status.phase === 'Scheduled';
    const open = pending || status.phase === 'Activating' || status.phase === 'Active';
    const mayStill = decision === 'Approved' || decision === 'Denied' ? pending : open;
    const said = status.decisions.some((one) => one.by === by && one.decision === decision);
    if (!mayStill || said || metadata.deletionTimestamp !== undefined) return;
    const value = { uid: metadata.uid, by, decision };
    const patch = [{ op: 'add', path: '/status/decisions/-', value }];
    await api.patch(ref, 'json', patch, { subresource: 'status' });
  });
}
