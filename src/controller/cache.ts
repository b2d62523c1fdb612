/**
 * What the operator knows of the cluster: one store for each kind it watches, the indexes that lead from a change to
 * the grants it concerns, and nothing else. A change enqueues keys; it never decides anything.
 *
 * No change costs work in proportion to all grants: policies and roles lead only to those grants that are not over, and room
 * under a policy with limits only to those that hold it or wait for it.
 */
import type { Place, StoredBinding } from '../domain/binding.ts';
import { type Grant, isFinal, type Policy, policyNameOf } from '../domain/grant.ts';
import { isHolding, isQueued } from '../domain/limit.ts';
import { originOf } from '../domain/orphan.ts';
import type { KubeObject } from '../runtime/api.ts';
import { keyOf } from '../runtime/resources.ts';
import { createStore, type Store, type StoreChange } from '../runtime/store.ts';
import { linkFrom, linkOf } from './chain.ts';
import type { Departed } from './departed.ts';
import { type RoleStores, roleKeyOf, sameRules, type StoredRole } from './roles.ts';
import { grantKinds } from './resources.ts';
import { createRoom, type Room } from './room.ts';
import { workKey } from './work.ts';

type GrantStore = Store<Grant>;
type BindingStore = Store<StoredBinding>;

export interface Cache {
  readonly grants: Readonly<Record<Grant['kind'], GrantStore>>;
  readonly policies: Store<Policy>;
  readonly bindings: Readonly<Record<Place['kind'], BindingStore>>;
  readonly roles: RoleStores;
  readonly departed: Departed;
  readonly room: Room;
  /** The end of a departed grant has been seen to and told. */
  readonly conclude: (work: string, grant: Grant) => void;
}

export interface CacheOptions {
  /** Told the key of every piece of work that a change concerns. */
  readonly enqueue: (key: string) => void;
  readonly departed: Departed;
  /** Hears of bugs in indexes. */
  readonly onError: (error: unknown) => void;
}

/** Creates empty stores. */
export function createCache({ enqueue, departed, onError }: CacheOptions): Cache {
  const grantStore = (kind: Grant['kind']): GrantStore =>
    createStore<Grant>({
      onError,
      indexes: {
        policy: (grant) => (isFinal(grant.status.phase) ? [] : [policyNameOf(grant)]),
        role: (grant) => (isFinal(grant.status.phase) ? [] : [roleKeyOf(grant)]),
        uid: (grant) => [grant.metadata.uid],
        phase: (grant) => [grant.status.phase],
        successor: (grant) => (isFinal(grant.status.phase) ? [] : linkFrom(grant)),
        holding: (grant) => (isHolding(grant) ? [policyNameOf(grant)] : []),
        queued: (grant) => (isQueued(grant) ? [policyNameOf(grant)] : []),
      },
      onChange: ({ key, previous, current }) => {
        const work = workKey({ kind, key });
        if (
          previous !== undefined &&
          previous.metadata.uid !== current?.metadata.uid &&
          isHolding(previous)
        ) {
          departed.add(work, previous);
        }
        if (previous !== undefined && previous.metadata.uid !== current?.metadata.uid) {
          room.steadied(previous.metadata.uid);
        }
        enqueue(work);
        for (const changed of changedLinks(previous, current)) {
          for (const successor of grantKeys('successor', changed)) enqueue(successor);
        }
        if (previous !== undefined && leftRoom(previous, current)) room.offer(policyNameOf(previous));
      },
    });

  const room = createRoom({
    grants: () => cache.grants,
    departed,
    limitsOf: (policy) => cache.policies.get(`/${policy}`)?.spec.limits,
    enqueue: (uid) => {
      for (const owner of grantKeysByUid(uid)) enqueue(owner);
    },
  });

  const bindingStore = (kind: Place['kind']): BindingStore =>
    createStore<StoredBinding>({
      onError,
      onChange: ({ key, previous, current }) => {
        // Whose it is, its name says, before and after alike.
        const binding = current ?? previous;
        const origin = binding === undefined ? undefined : originOf(binding);
        if (origin !== undefined) for (const owner of grantKeysByUid(origin.grantUid)) enqueue(owner);
        // Its own key as well: it may be a copy at a place that is not the grant's.
        if (current !== undefined) enqueue(workKey({ kind, key }));
      },
    });

  const roleStore = (kind: keyof RoleStores): Store<StoredRole> =>
    createStore<StoredRole>({
      onError,
      onChange: ({ key, previous, current }) => {
        if (sameRules(previous, current)) return;
        for (const owner of grantKeys('role', `${kind}/${key}`)) enqueue(owner);
      },
    });

  const cache: Cache = {
    departed,
    room,
    conclude: (work, grant) => {
      departed.delete(work, grant.metadata.uid);
      room.offer(policyNameOf(grant));
    },
    grants: {
      TemporaryAccessGrant: grantStore('TemporaryAccessGrant'),
      ClusterTemporaryAccessGrant: grantStore('ClusterTemporaryAccessGrant'),
    },
    policies: createStore<Policy>({
      onError,
      onChange: (change) => {
        for (const owner of grantKeys('policy', nameIn(change))) enqueue(owner);
      },
    }),
    bindings: {
      RoleBinding: bindingStore('RoleBinding'),
      ClusterRoleBinding: bindingStore('ClusterRoleBinding'),
    },
    roles: { Role: roleStore('Role'), ClusterRole: roleStore('ClusterRole') },
  };

  const grantKeys = (index: 'policy' | 'role' | 'uid' | 'successor', value: string): readonly string[] =>
    grantKinds.flatMap((kind) =>
      cache.grants[kind].byIndex(index, value).map((grant) => workKey({ kind, key: keyOf(grant) })),
    );
  const grantKeysByUid = (uid: string): readonly string[] => grantKeys('uid', uid);

  return cache;
}

/** The link of a grant that appeared, went, began or reached another phase: nothing else matters to those that prolong it. */
function changedLinks(previous: Grant | undefined, current: Grant | undefined): readonly string[] {
  const same = previous?.metadata.uid === current?.metadata.uid;
  if (same && previous?.status.phase === current?.status.phase) return [];
  return [...new Set([previous, current].flatMap((grant) => (grant === undefined ? [] : linkOf(grant))))];
}

const leftRoom = (previous: Grant, current: Grant | undefined): boolean =>
  (isHolding(previous) && (current === undefined || !isHolding(current))) ||
  (isQueued(previous) && (current === undefined || !isQueued(current)));

const nameIn = ({ key }: StoreChange<KubeObject>): string => key.slice(key.indexOf('/') + 1);
