/**
 * The operator as a candidate for its Lease: who it is there, and what a lost lease means for the process.
 *
 * Must not know what a leader does.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { Api } from './runtime/api.ts';
import { isConflict } from './runtime/api-error.ts';
import { type LeaderElectionOptions, runLeaderElection } from './runtime/lease.ts';
import { leaseResource } from './runtime/lease-record.ts';
import { systemClock } from './runtime/system-clock.ts';
import type { Logger } from './telemetry/log.ts';

export interface Candidacy {
  /** Of its own: requests that queue behind the work would cost the leadership. */
  readonly api: Api;
  readonly namespace: string;
  readonly logger: Logger;
  /** Stops the work, then releases the lease. */
  readonly signal: AbortSignal;
  /** Told whether this process holds the lease of that name: at once, and whenever that changes. */
  readonly onLeading: (lease: string, isLeading: boolean) => void;
  /** Told whenever the API server has said who holds the lease; an empty text or undefined where nobody does. */
  readonly onSeen: (holder: string | undefined) => void;
}

const name = 'curfew-operator';

/**
 * Waits for the Lease and calls `lead` while holding it; resolves when told to stop.
 *
 * @throws Error when the lease was lost: another replica may lead, and this process must begin anew
 */
export async function elect(
  { api, namespace, logger, signal, onLeading, onSeen }: Candidacy,
  lead: LeaderElectionOptions['lead'],
): Promise<void> {
  const lease = `${namespace}/${name}`;
  const identity = `${hostname()}_${randomUUID()}`;
  logger.info({ lease, identity }, 'waiting for the lease');
  onLeading(name, false);
  let known: string | undefined = identity;
  const outcome = await runLeaderElection({
    api,
    clock: systemClock,
    lease: { resource: leaseResource, namespace, name },
    identity,
    lead,
    signal,
    observer: {
      onSeen: (holder) => {
        onSeen(holder);
        if (holder !== known) logger.info({ lease, holder: holder ?? '(missing)' }, 'holder of the lease');
        known = holder;
      },
      onLeading: (isLeading) => onLeading(name, isLeading),
      onError: (error) => {
        if (isConflict(error)) logger.debug({ err: error, lease }, 'somebody else wrote the lease');
        else logger.warn({ err: error, lease }, 'leader election failed; trying again');
      },
    },
  });
  if (outcome === 'Lost') {
    throw new Error(
      `expected to renew Lease ${lease} in time; it is lost, another replica may lead, so this one ends`,
    );
  }
  logger.info({ lease }, 'released the lease');
}
