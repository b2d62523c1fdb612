/** A server in memory that holds one Lease. Must not know who asks. */
import type { ObjectRef, WatchEvent } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { type Lease, leaseResource } from '../../src/runtime/lease-record.ts';

export const leaseRef: ObjectRef = { resource: leaseResource, namespace: 'curfew-system', name: 'operator' };

/** Answers at once; the network around it takes the time. */
export interface LeaseServer {
  readonly get: () => Lease;
  readonly create: (lease: Lease) => Lease;
  readonly replace: (lease: Lease) => Lease;
  readonly delete: () => void;
  /** Changes the labels alone. */
  readonly touch: () => void;
  readonly lease: () => Lease | undefined;
  /** Tells of every write and deletion from now on, until the function that it answers with is called. */
  readonly follow: (onEvent: (event: WatchEvent<Lease>) => void) => () => void;
  readonly followers: () => number;
}

const failure = (code: number, reason: string): ApiError =>
  new ApiError('TEST leases', { code, reason, message: 'says the server in memory' });

export function createLeaseServer(): LeaseServer {
  let lease: Lease | undefined;
  let version = 0;
  const followers = new Set<(event: WatchEvent<Lease>) => void>();
  const tell = (type: 'MODIFIED' | 'DELETED', object: Lease): void => {
    for (const follower of followers) follower({ type, object });
  };
  const put = (next: Lease, uid: string): Lease => {
    version += 1;
    lease = { ...next, metadata: { ...next.metadata, uid, resourceVersion: `${version}` } };
    tell('MODIFIED', lease);
    return lease;
  };
  const get = (): Lease => {
    if (lease === undefined) throw failure(404, 'NotFound');
    return lease;
  };
  return {
    get,
    create: (next) => {
      if (lease !== undefined) throw failure(409, 'AlreadyExists');
      return put(next, `uid-${version}`);
    },
    replace: (next) => {
      // The real one says so of an object with a UID.
      if (lease === undefined) throw failure(409, 'Conflict');
      const { metadata } = lease;
      if (next.metadata.resourceVersion !== metadata.resourceVersion) throw failure(409, 'Conflict');
      return put(next, metadata.uid ?? '');
    },
    delete: () => {
      if (lease !== undefined) tell('DELETED', lease);
      lease = undefined;
    },
    touch: () => {
      if (lease === undefined) return;
      put(
        { ...lease, metadata: { ...lease.metadata, labels: { touched: `${version}` } } },
        lease.metadata.uid ?? '',
      );
    },
    lease: () => lease,
    follow: (onEvent) => {
      followers.add(onEvent);
      return () => followers.delete(onEvent);
    },
    followers: () => followers.size,
  };
}
