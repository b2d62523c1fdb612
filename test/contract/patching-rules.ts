/** What the server makes of merge patches and JSON patches. */
import { expect, it } from 'vitest';
import { grants, type MakePlace, refused, type Thing, untouched } from './subject.ts';

export function patchingRules(makePlace: MakePlace): void {
  it('merges maps, removes at null, and leaves alone what it does not name', async () => {
    const { configMap, patch } = await makePlace();
    await configMap('a', { data: { x: '1', y: '2' }, metadata: { labels: { keep: 'me' } } });
    const change = { data: { x: null, n: '3' }, metadata: { labels: { gone: null, more: 'here' } } };
    const after = await patch('a', change);
    expect(after.data).toEqual({ y: '2', n: '3' });
    expect(after.metadata.labels).toEqual({ keep: 'me', more: 'here' });
    expect((await patch('a', { data: null })).data).toBeUndefined();
  });

  it('replaces lists as a whole', async () => {
    const { configMap, patch } = await makePlace();
    await configMap('a', { metadata: { finalizers: ['contract.test/a', 'contract.test/b'] } });
    const { metadata } = await patch('a', { metadata: { finalizers: ['contract.test/b'] } });
    expect(metadata.finalizers).toEqual(['contract.test/b']);
    expect((await patch('a', { metadata: { finalizers: [] } })).metadata.finalizers).toBeUndefined();
  });

  it('keeps the version when nothing changes', async () => {
    const { api, configMap, patch, ref } = await makePlace();
    const before = await configMap('a', { data: { x: '1' } });
    untouched(await patch('a', { data: { x: '1', y: null } }), before);
    untouched(await api.patch(ref('a'), 'json', [{ op: 'add', path: '/data/x', value: '1' }]), before);
    untouched(await api.patch(ref('a'), 'json', []), before);
  });

  it('is conditional when the patch names a version, and not otherwise', async () => {
    const { api, configMap, patch, ref } = await makePlace();
    const { resourceVersion } = (await configMap('a')).metadata;
    const present = await patch('a', { data: { x: '1' } });
    const stale = { metadata: { resourceVersion }, data: { x: '2' } };
    await refused(patch('a', stale), 409, 'Conflict', 'the object has been modified');
    const operation = { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion };
    await refused(api.patch(ref('a'), 'json', [operation]), 409, 'Conflict', 'the object has been modified');
    const version = present.metadata.resourceVersion;
    const fresh = await patch('a', { metadata: { resourceVersion: version }, data: { x: '2' } });
    expect(fresh.data).toEqual({ x: '2' });
  });

  it('cannot change name or UID, nor reach an object that is not there', async () => {
    const { configMap, grant, patch } = await makePlace();
    await configMap('a');
    await grant('a');
    const uid = { metadata: { uid: 'other' } };
    const message = 'metadata.uid: Invalid value: "other": field is immutable';
    await refused(patch('a', uid), 422, 'Invalid', `ConfigMap "a" is invalid: ${message}`);
    const grantMessage = `TemporaryAccessGrant.curfew.dev "a" is invalid: ${message}`;
    await refused(patch('a', uid, grants), 422, 'Invalid', grantMessage);
    await refused(patch('a', { metadata: { name: 'b' } }), 400, 'BadRequest', 'does not match the name');
    await refused(patch('b', {}), 404, 'NotFound', 'configmaps "b" not found');
  });

  it('applies the operations of a JSON patch in order', async () => {
    const { api, configMap, ref } = await makePlace();
    await configMap('a', { data: { x: '1' } });
    const after = await api.patch<Thing>(ref('a'), 'json', [
      { op: 'test', path: '/data/x', value: '1' },
      { op: 'copy', from: '/data/x', path: '/data/y' },
      { op: 'move', from: '/data/x', path: '/data/z' },
      { op: 'replace', path: '/data/y', value: '2' },
      { op: 'add', path: '/metadata/annotations', value: {} },
      { op: 'add', path: '/metadata/annotations/contract.test~1key', value: 'slash' },
      { op: 'add', path: '/metadata/finalizers', value: ['contract.test/b'] },
      { op: 'add', path: '/metadata/finalizers/0', value: 'contract.test/a' },
      { op: 'add', path: '/metadata/finalizers/-', value: 'contract.test/c' },
      { op: 'remove', path: '/metadata/finalizers/1' },
    ]);
    expect(after.data).toEqual({ y: '2', z: '1' });
    expect(after.metadata.annotations).toEqual({ 'contract.test/key': 'slash' });
    expect(after.metadata.finalizers).toEqual(['contract.test/a', 'contract.test/c']);
  });

  it('refuses a JSON patch as a whole when one operation fails', async () => {
    const { api, configMap, get, ref } = await makePlace();
    const before = await configMap('a', { data: { x: '1' } });
    const fine = { op: 'add', path: '/data/y', value: '2' };
    for (const failing of [
      { op: 'test', path: '/data/x', value: 'other' },
      { op: 'remove', path: '/data/missing' },
      { op: 'add', path: '/binaryData/missing', value: '' },
      { op: 'bogus', path: '/data' },
    ]) {
      const request = api.patch(ref('a'), 'json', [fine, failing]);
      await refused(
        request,
        422,
        'Invalid',
        'the server rejected our request due to an error in our request',
      );
    }
    untouched(await get('a'), before);
  });

  it('lets a JSON patch replace a member of a map that is not there', async () => {
    const { api, configMap, ref } = await makePlace();
    await configMap('a', { data: { x: '1' } });
    const after = await api.patch<Thing>(ref('a'), 'json', [{ op: 'replace', path: '/data/y', value: '2' }]);
    expect(after.data).toEqual({ x: '1', y: '2' });
  });

  it('refuses a JSON patch that is no list', async () => {
    const { api, configMap, ref } = await makePlace();
    await configMap('a');
    await refused(api.patch(ref('a'), 'json', { op: 'add' }), 400, 'BadRequest', 'error decoding patch');
  });

  it('in a dry run answers as if and keeps what is there', async () => {
    const { api, configMap, get, ref } = await makePlace();
    const before = await configMap('a');
    const asIf = await api.patch<Thing>(ref('a'), 'merge', { data: { x: '1' } }, { dryRun: true });
    expect(asIf.data).toEqual({ x: '1' });
    untouched(asIf, before);
    expect(await get('a')).toEqual(before);
  });
}
