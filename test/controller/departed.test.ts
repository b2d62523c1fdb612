/** Grants that are deleted while they hold access: it ends, whatever becomes of others, and of other grants of the same name. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bindingResource, grantResource } from '../../src/controller/resources.ts';
import type { Api, ObjectRef } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { apiVersionOf } from '../../src/runtime/resources.ts';
import { aGrant, decisionBy, minute_ms } from '../domain/fixtures.ts';
import { type ClusterInMemory, createClusterInMemory } from './cluster-in-memory.ts';
import { type OperatorInMemory, startOperatorInMemory } from './operator-in-memory.ts';

let cluster: ClusterInMemory;
let operator: OperatorInMemory;
/** Of what the API server refuses the operator, now. */
let refusing: { deletion: (ref: ObjectRef) => boolean; patch: (ref: ObjectRef) => boolean };
/** How often it refused a deletion. */
let refusals: number;

const nothing = (): boolean => false;
const isBinding = ({ resource }: ObjectRef): boolean => resource === bindingResource.RoleBinding;
const isGrant = ({ resource }: ObjectRef): boolean => resource === grantResource.TemporaryAccessGrant;

const refusal = new ApiError('the API', { code: 403, reason: 'Forbidden', message: 'no' });

beforeEach(async () => {
  cluster = await createClusterInMemory();
  refusing = { deletion: nothing, patch: nothing };
  refusals = 0;
  const api: Api = {
    ...cluster.api,
    delete: (ref, options) => {
      if (!refusing.deletion(ref)) return cluster.api.delete(ref, options);
      refusals += 1;
      return Promise.reject(refusal);
    },
    patch: (ref, ...rest) =>
      refusing.patch(ref) ? Promise.reject(refusal) : cluster.api.patch(ref, ...rest),
  };
  operator = await startOperatorInMemory({ ...cluster, api });
});
afterEach(() => operator.stop());

async function begin(name: string): Promise<void> {
  await cluster.request(name);
  await cluster.approve(name);
}

describe('a grant that is deleted while it holds access', () => {
  it('counts as overdue until its binding is seen to be gone', async () => {
    await begin('inc-1');
    refusing.deletion = isBinding;
    await cluster.deleteGrant('inc-1');
    expect(operator.overdue()).toBe(1);
    refusing.deletion = nothing;
    await cluster.clock.advance(1000);
    expect(operator.overdue()).toBe(0);
    expect(await cluster.bindings()).toEqual([]);
  });

  it('ends although each look at a new one of the same name fails', async () => {
    await begin('inc-1');
    refusing = { deletion: isBinding, patch: isGrant };
    await cluster.deleteGrant('inc-1');
    await cluster.request('inc-1');
    expect(operator.failures.some((failure) => failure instanceof AggregateError)).toBe(true);
    refusing.deletion = nothing;
    await cluster.clock.advance(1000);
    expect(await cluster.bindings()).toEqual([]);
    expect(operator.overdue()).toBe(0);
    expect((await cluster.grant('inc-1')).status.phase).toBe('Pending');
  });

  it.each(['waits', 'holds access'])('is tried again each second while a new one %s', async (what) => {
    await begin('inc-1');
    refusing.deletion = isBinding;
    await cluster.deleteGrant('inc-1');
    await (what === 'waits' ? cluster.request('inc-1') : begin('inc-1'));
    // Before the next sweep, which would find the binding as an orphan.
    await cluster.clock.advance(minute_ms);
    refusals = 0;
    await cluster.clock.advance(minute_ms);
    expect(refusals).toBeGreaterThanOrEqual(59);
  });

  it('ends beside another one of the same name that was deleted as well', async () => {
    await begin('inc-1');
    refusing.deletion = isBinding;
    await cluster.deleteGrant('inc-1');
    await begin('inc-1');
    await cluster.deleteGrant('inc-1');
    expect(operator.overdue()).toBe(2);
    refusing.deletion = nothing;
    await cluster.clock.advance(1000);
    expect(await cluster.bindings()).toEqual([]);
    expect(operator.overdue()).toBe(0);
    expect(operator.steps.filter((step) => step === 'Revoked')).toHaveLength(2);
  });

  it('ends in all namespaces but the one where the deletion is refused', async () => {
    const namespaces = ['payments', 'orders', 'billing'];
    const name = 'inc-1';
    const resource = grantResource.ClusterTemporaryAccessGrant;
    const kind = resource.kind;
    const spec = { ...aGrant().spec, scope: 'Namespaces', namespaces };
    const made = await cluster.api.create<ReturnType<typeof aGrant>>(resource, undefined, {
      apiVersion: apiVersionOf(resource),
      kind,
      metadata: { name },
      spec,
    });
    const decisions = [decisionBy('bob', 'Approved', made.metadata.uid)];
    await cluster.api.patch(
      { resource, name },
      'merge',
      { status: { decisions } },
      { subresource: 'status' },
    );
    await cluster.clock.advance(1000);
    const standing = async (): Promise<readonly (string | undefined)[]> =>
      (await cluster.bindings()).map(({ metadata }) => metadata.namespace);
    expect(await standing()).toHaveLength(3);
    refusing.deletion = (ref) => isBinding(ref) && ref.namespace === 'payments';
    await cluster.api.delete({ resource, name });
    await cluster.clock.advance(1000);
    expect(await standing()).toEqual(['payments']);
    refusing.deletion = nothing;
    await cluster.clock.advance(1000);
    expect(await standing()).toEqual([]);
  });
});
