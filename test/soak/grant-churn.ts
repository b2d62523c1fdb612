/**
 * Keeps an operator busy with whole lives: grants are asked for, approved, end in each of the ways in which access ends, and are
 * deleted a while after.
 *
 * Must not know who sees to them, nor measure anything.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { bindingResource, grantResource } from '../../src/controller/resources.ts';
import type { Grant } from '../../src/domain/grant.ts';
import type { Decision } from '../../src/domain/schema/grant-status.ts';
import type { Api } from '../../src/runtime/api.ts';
import { isConflict, isNotFound, isRefusal } from '../../src/runtime/api-error.ts';
import { apiVersionOf } from '../../src/runtime/resources.ts';
import { namespaces } from '../contract/subject.ts';

/** Each speaks to the API server as themselves. */
export interface People {
  readonly owner: Api;
  readonly alice: Api;
  readonly bob: Api;
}

export interface GrantChurn {
  /** UIDs of the grants that were asked for and approved so far, in order. */
  readonly begun: readonly string[];
  /** Resolves when nobody writes any more. @throws Error that a write failed with, other than one that came too late */
  readonly stop: () => Promise<void>;
}

const resource = grantResource.TemporaryAccessGrant;
export const namespace = 'soak';
/** Long enough for the other ends to come first. */
const duration = '6s';
const untilDeletion_ms = 12_000;
const look_ms = 500;

const refTo = (name: string) => ({ resource, namespace, name });

/** Tells one life from all others, and stands nowhere but in its grant. */
const reasonOf = (index: number): string => `a soak of whole lives: life ${index} of many`;
export const reasonPattern = /a soak of whole lives: life \d+ of many/g;

/** Makes the namespace, in which alice may ask and bob may approve. */
export async function preparePlace({ owner }: People): Promise<void> {
  await owner.create(namespaces, undefined, {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: namespace },
  });
  for (const [user, role] of [
    ['alice', 'curfew-requester'],
    ['bob', 'curfew-approver'],
  ] as const) {
    await owner.create(bindingResource.RoleBinding, namespace, {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: user, namespace },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    });
  }
}

const say = (by: Api, name: string, value: Decision): Promise<unknown> =>
  by.patch(refTo(name), 'json', [{ op: 'add', path: '/status/decisions/-', value }], {
    subresource: 'status',
  });

/** Begins so many lives a second. */
export function startGrantChurn({ owner, alice, bob }: People, perSecond: number): GrantChurn {
  const stop = new AbortController();
  const begun: string[] = [];

  /** The access of every fourth runs to its time; of the others, somebody ends it. */
  const end = async (name: string, uid: string, index: number): Promise<void> => {
    switch (index % 4) {
      case 0:
        return;
      case 1:
        return void (await say(alice, name, { uid, by: 'alice', decision: 'Withdrawn' }));
      case 2:
        return void (await say(bob, name, { uid, by: 'bob', decision: 'Revoked' }));
      default:
        return void (await owner.delete(refTo(name)));
    }
  };
  const live = async (index: number): Promise<void> => {
    const name = `soak-${index}`;
    const roleRef = { kind: 'ClusterRole', name: 'view' };
    const { metadata } = await alice.create<Grant>(resource, namespace, {
      apiVersion: apiVersionOf(resource),
      kind: resource.kind,
      metadata: { name, namespace },
      spec: { roleRef, duration, reason: reasonOf(index) },
    });
    const { uid } = metadata;
    await say(bob, name, { uid, by: 'bob', decision: 'Approved' });
    begun.push(uid);
    await reached(owner, name);
    await unlessTooLate(end(name, uid, index));
    await delay(untilDeletion_ms);
    await unlessTooLate(owner.delete(refTo(name)));
  };

  const failures: unknown[] = [];
  const lives = new Set<Promise<unknown>>();
  const run = async (): Promise<void> => {
    for (let index = 0; !stop.signal.aborted && failures.length === 0; index += 1) {
      const life = live(index)
        .catch((error: unknown) => failures.push(error))
        .finally(() => lives.delete(life));
      lives.add(life);
      await delay(1000 / perSecond);
    }
    await Promise.all(lives);
  };
  const ended = run();
  return {
    begun,
    stop: async () => {
      stop.abort();
      await ended;
      for (const cause of failures) throw new Error('expected the churn to go on; a write failed', { cause });
    },
  };
}

/** Whoever is in a hurry would end what has not begun, and of that nobody owes an account. */
async function reached(owner: Api, name: string): Promise<void> {
  for (;;) {
    await delay(look_ms);
    const { status } = await owner.get<Grant>(refTo(name));
    if (status.phase !== 'Pending' && status.phase !== 'Activating') return;
  }
}

/** It ended by itself before, or is gone. */
async function unlessTooLate(write: Promise<unknown>): Promise<void> {
  try {
    await write;
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error) && !isRefusal(error)) throw error;
  }
}
