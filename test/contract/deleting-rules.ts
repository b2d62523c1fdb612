/** What the server makes of a DELETE. */
import { expect, it } from 'vitest';
import { grants, isAbout, type MakePlace, refused, told, untouched } from './subject.ts';

const hold = 'contract.test/hold';

export function deletingRules(makePlace: MakePlace): void {
  it('takes an object away at once when nothing holds it', async () => {
    const { api, configMap, get, ref } = await makePlace();
    await configMap('a');
    expect(await api.delete(ref('a'))).toEqual({ gone: true });
    await refused(get('a'), 404, 'NotFound', 'configmaps "a" not found');
    await refused(api.delete(ref('a')), 404, 'NotFound', 'configmaps "a" not found');
  });

  it('takes only the object with the UID that is asked for', async () => {
    const { api, configMap, get, grant, ref } = await makePlace();
    const { metadata } = await configMap('a');
    const why = 'the UID in the precondition (other) does not match the UID in record';
    const message = `Operation cannot be fulfilled on ConfigMap "a": ${why}`;
    await refused(api.delete(ref('a'), { uid: 'other' }), 409, 'Conflict', message);
    expect((await get('a')).metadata.uid).toBe(metadata.uid);
    expect(await api.delete(ref('a'), { uid: metadata.uid })).toEqual({ gone: true });
    await refused(api.delete(ref('a'), { uid: metadata.uid }), 404, 'NotFound');
    await grant('a');
    const grantMessage = `Operation cannot be fulfilled on TemporaryAccessGrant.curfew.dev "a": ${why}`;
    await refused(api.delete(ref('a', grants), { uid: 'other' }), 409, 'Conflict', grantMessage);
  });

  it('only marks an object that a finalizer holds, and marks it once', async () => {
    const { api, configMap, get, patch, ref } = await makePlace();
    const before = await configMap('a', { metadata: { finalizers: [hold] } });
    const deletion = await api.delete(ref('a'));
    const marked = await get('a');
    expect(deletion).toMatchObject({ gone: false, object: { metadata: { finalizers: [hold] } } });
    expect(marked.metadata.deletionTimestamp).toBeDefined();
    expect(marked.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
    expect(await api.delete(ref('a'))).toMatchObject({ gone: false });
    untouched(await get('a'), marked);
    await patch('a', { metadata: { finalizers: null } });
  });

  it('lets a marked object be written, but take no more finalizers', async () => {
    const { api, configMap, patch, ref } = await makePlace();
    await configMap('a', { metadata: { finalizers: [hold] } });
    await api.delete(ref('a'));
    expect((await patch('a', { data: { x: '1' } })).data).toEqual({ x: '1' });
    const more = { metadata: { finalizers: [hold, 'contract.test/more'] } };
    await refused(
      patch('a', more),
      422,
      'Invalid',
      'no new finalizers can be added if the object is being deleted',
    );
    await patch('a', { metadata: { finalizers: null } });
  });

  it('takes a marked object away with its last finalizer', async () => {
    const { api, configMap, get, patch, ref, watch } = await makePlace();
    const { metadata } = await configMap('a', { metadata: { finalizers: [hold, 'contract.test/other'] } });
    await api.delete(ref('a'));
    await patch('a', { metadata: { finalizers: [hold] } });
    const last = await patch('a', { metadata: { finalizers: null } });
    expect(last.metadata).not.toHaveProperty('finalizers');
    await refused(get('a'), 404, 'NotFound');
    const events = await watch({
      resourceVersion: metadata.resourceVersion,
      until: isAbout('DELETED', 'a'),
    });
    expect(told(events)).toEqual(['MODIFIED a', 'MODIFIED a', 'DELETED a']);
    // The last write is not seen: the object goes as it was before.
    expect(events.at(-1)).toMatchObject({ object: { metadata: { finalizers: [hold] } } });
  });

  it('cannot be asked for by a deletionTimestamp of the client', async () => {
    const { configMap, patch } = await makePlace();
    const deletionTimestamp = '2030-01-01T00:00:00Z';
    const created = await configMap('a', { metadata: { deletionTimestamp } });
    expect(created.metadata).not.toHaveProperty('deletionTimestamp');
    await refused(patch('a', { metadata: { deletionTimestamp } }), 422, 'Invalid', 'field is immutable');
  });

  it('in a dry run answers as if and keeps what is there', async () => {
    const { api, configMap, get, ref } = await makePlace();
    const before = await configMap('a');
    expect(await api.delete(ref('a'), { dryRun: true })).toEqual({ gone: true });
    await refused(api.delete(ref('a'), { dryRun: true, uid: 'other' }), 409, 'Conflict');
    untouched(await get('a'), before);
  });
}
