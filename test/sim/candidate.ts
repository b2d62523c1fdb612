/** An operator of the simulation as a candidate for the Lease. Must not know what a leader does. */
import type { ObjectRef } from '../../src/runtime/api.ts';
import { type LeaderElectionOptions, runLeaderElection } from '../../src/runtime/lease.ts';
import { leaseResource } from '../../src/runtime/lease-record.ts';
import { defaultLeaseTiming, type LeaseTiming } from '../../src/runtime/lease-state.ts';

const lease: ObjectRef = { resource: leaseResource, namespace: 'curfew-system', name: 'curfew-operator' };

/** As by default, but half as many renewals: every one that is lost counts the more. */
const timing: LeaseTiming = { ...defaultLeaseTiming, retry_ms: 4_000 };

/** Resolves when the Lease is lost: the process must end. */
export const runCandidate = (options: Omit<LeaderElectionOptions, 'lease' | 'timing'>): Promise<unknown> =>
  runLeaderElection({ ...options, lease, timing });
