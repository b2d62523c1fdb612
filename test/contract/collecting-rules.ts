/** What the garbage collector does with owners and dependents. It may take its time. */
import { expect, it } from 'vitest';
import type { DeleteOptions, OwnerReference } from '../../src/runtime/api.ts';
import { eventually } from '../cluster/eventually.ts';
import { type MakePlace, type Place, refused, type Thing } from './subject.ts';

const ownedBy = (...owners: readonly Thing[]): OwnerReference[] =>
  owners.map(({ metadata: { name, uid = '' } }) => ({ apiVersion: 'v1', kind: 'ConfigMap', name, uid }));

/** An owner and a dependent of it; then the owner is deleted. */
async function deleteOwner(place: Place, propagationPolicy: DeleteOptions['propagationPolicy']) {
  const owner = await place.configMap('owner');
  await place.configMap('dependent', { metadata: { ownerReferences: ownedBy(owner) } });
  return place.api.delete(place.ref('owner'), { propagationPolicy });
}

/** Collects and looks until the check holds. */
const collected = (place: Place, check: () => Promise<unknown>): Promise<unknown> =>
  eventually(async () => {
    await place.collectGarbage();
    return check();
  });

export function collectingRules(makePlace: MakePlace): void {
  it('takes the dependents of an owner that was deleted in the background', async () => {
    const place = await makePlace();
    expect(await deleteOwner(place, 'Background')).toEqual({ gone: true });
    await collected(place, () => refused(place.get('dependent'), 404, 'NotFound'));
  });

  it('takes the dependents first when the owner is deleted in the foreground', async () => {
    const place = await makePlace();
    const deletion = await deleteOwner(place, 'Foreground');
    expect(deletion).toMatchObject({ object: { metadata: { finalizers: ['foregroundDeletion'] } } });
    await collected(place, () => refused(place.get('owner'), 404, 'NotFound'));
    await collected(place, () => refused(place.get('dependent'), 404, 'NotFound'));
  });

  it('leaves orphans without an owner when asked to', async () => {
    const place = await makePlace();
    const deletion = await deleteOwner(place, 'Orphan');
    expect(deletion).toMatchObject({ object: { metadata: { finalizers: ['orphan'] } } });
    await collected(place, () => refused(place.get('owner'), 404, 'NotFound'));
    expect((await place.get('dependent')).metadata).not.toHaveProperty('ownerReferences');
  });

  it('leaves a dependent to the owner that is left', async () => {
    const place = await makePlace();
    const [first, second] = [await place.configMap('first'), await place.configMap('second')];
    await place.configMap('dependent', { metadata: { ownerReferences: ownedBy(first, second) } });
    await place.api.delete(place.ref('first'));
    await collected(place, async () => {
      const { metadata } = await place.get('dependent');
      expect(metadata.ownerReferences).toMatchObject(ownedBy(second));
    });
  });

  it('takes an object whose owner never was, or has another UID', async () => {
    const place = await makePlace();
    const owner = await place.configMap('owner');
    const stranger = {
      ...owner,
      metadata: { ...owner.metadata, uid: '11111111-0000-4000-8000-000000000000' },
    };
    await place.configMap('dependent', { metadata: { ownerReferences: ownedBy(stranger) } });
    await collected(place, () => refused(place.get('dependent'), 404, 'NotFound'));
    await place.get('owner');
  });
}
