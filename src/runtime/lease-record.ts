/**
 * The Lease as an object, and the records that candidates write into it.
 *
 * Pure. Must not know when which of them is written.
 */
import type { KubeObject, ObjectRef, Resource } from './api.ts';
import { apiVersionOf } from './resources.ts';

export const leaseResource: Resource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  plural: 'leases',
  kind: 'Lease',
  namespaced: true,
};

/** All optional, since people can write it, too. Times are MicroTime: six digits. */
export interface LeaseSpec {
  readonly holderIdentity?: string | undefined;
  readonly leaseDurationSeconds?: number | undefined;
  readonly acquireTime?: string | undefined;
  readonly renewTime?: string | undefined;
  readonly leaseTransitions?: number | undefined;
}

export interface Lease extends KubeObject {
  readonly spec?: LeaseSpec | undefined;
}

/**
 * Kubernetes' MicroTime. No clock of ours is that fine, so the last three digits count our writes: two writes of one
 * process in a row always differ, though the wall clock jumps, and a record that is read back names the write it came from.
 */
export const microTime = (wall_ms: number, writes: number): string =>
  new Date(wall_ms).toISOString().replace('Z', `${String(writes % 1000).padStart(3, '0')}Z`);

/** The API server takes 32 bits. */
const transitionsMax = 2 ** 31 - 1;

/** The record of a holder that takes over `before`, or renews it. */
export function heldSpec(
  before: LeaseSpec,
  identity: string,
  renewTime: string,
  lease_ms: number,
): LeaseSpec {
  const renewal = before.holderIdentity === identity;
  const transitions = before.leaseTransitions ?? 0;
  return {
    ...before,
    holderIdentity: identity,
    leaseDurationSeconds: Math.ceil(lease_ms / 1000),
    acquireTime: renewal ? (before.acquireTime ?? renewTime) : renewTime,
    renewTime,
    leaseTransitions: Math.min(transitionsMax, renewal ? transitions : transitions + 1),
  };
}

const releasedDuration_s = 1;

/** The record of a holder that has stopped all work and lets go. */
export const releasedSpec = (before: LeaseSpec, renewTime: string): LeaseSpec => ({
  ...before,
  holderIdentity: '',
  leaseDurationSeconds: releasedDuration_s,
  acquireTime: renewTime,
  renewTime,
});

/** Whether a holder let go of it. A record without a holder and with any other duration is a new one: see `newSpec`. */
export const isReleased = (spec: LeaseSpec): boolean =>
  (spec.holderIdentity ?? '') === '' && spec.leaseDurationSeconds === releasedDuration_s;

/** The record of a Lease that was missing. Nobody holds it: its predecessor may have a holder who does not know yet. */
export const newSpec = (lease_ms: number): LeaseSpec => ({
  holderIdentity: '',
  leaseDurationSeconds: Math.ceil(lease_ms / 1000),
  leaseTransitions: 0,
});

/** No release of ours writes a longer lease; one of 68 years would keep everybody from working. */
const durationMax_ms = 60_000;

/** How long it must stand unchanged before others may take it: the longer of what it says, within reason, and what we would. */
export const duration_ms = (spec: LeaseSpec, lease_ms: number): number =>
  Math.max(Math.min((spec.leaseDurationSeconds ?? 0) * 1000, durationMax_ms), lease_ms);

/** Whether nobody wrote between the two: labels and the like do not count. */
export const sameRecord = (a: Lease, b: Lease): boolean =>
  a.metadata.uid === b.metadata.uid &&
  a.spec?.holderIdentity === b.spec?.holderIdentity &&
  a.spec?.leaseDurationSeconds === b.spec?.leaseDurationSeconds &&
  a.spec?.acquireTime === b.spec?.acquireTime &&
  a.spec?.renewTime === b.spec?.renewTime &&
  a.spec?.leaseTransitions === b.spec?.leaseTransitions;

/** A Lease to be created. */
export const leaseObject = (ref: ObjectRef, spec: LeaseSpec): Lease => ({
  apiVersion: apiVersionOf(ref.resource),
  kind: ref.resource.kind,
  metadata: { name: ref.name, namespace: ref.namespace },
  spec,
});
