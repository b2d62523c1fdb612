/** What the server makes of a POST. */
import { expect, it } from 'vitest';
import { body, configMaps, grants, type MakePlace, refused, roleBindings, type Thing } from './subject.ts';

export function creatingRules(makePlace: MakePlace): void {
  it('gives name, namespace, UID, version and time, whatever the body says of the last three', async () => {
    const { configMap, get, namespace } = await makePlace();
    const claimed = { uid: 'mine', creationTimestamp: '2001-01-01T00:00:00Z' };
    const created = await configMap('a', { data: { x: '1' }, metadata: claimed });
    expect(created).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { x: '1' } });
    const { metadata } = created;
    expect(metadata).toMatchObject({ name: 'a', namespace });
    expect(metadata.uid).not.toBe(claimed.uid);
    expect(metadata.uid).toMatch(/^[-0-9a-f]{36}$/);
    expect(metadata.resourceVersion).toMatch(/^\d+$/);
    expect(metadata.creationTimestamp).toMatch(/^20(0[2-9]|[1-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
    expect(await get('a')).toEqual(created);
  });

  it('makes a deleted name a new object with another UID', async () => {
    const { api, configMap, ref } = await makePlace();
    const first = await configMap('a');
    await api.delete(ref('a'));
    expect((await configMap('a')).metadata.uid).not.toBe(first.metadata.uid);
  });

  it('refuses a name that is taken with AlreadyExists', async () => {
    const { configMap, grant } = await makePlace();
    await configMap('a');
    await refused(configMap('a'), 409, 'AlreadyExists', 'configmaps "a" already exists');
    await grant('g');
    const message = 'temporaryaccessgrants.curfew.dev "g" already exists';
    await refused(grant('g'), 409, 'AlreadyExists', message);
  });

  it('says so when the name is taken by an object that is being deleted', async () => {
    const { api, configMap, patch, ref } = await makePlace();
    await configMap('a', { metadata: { finalizers: ['contract.test/hold'] } });
    await api.delete(ref('a'));
    await refused(
      configMap('a'),
      409,
      'AlreadyExists',
      'object is being deleted: configmaps "a" already exists',
    );
    await patch('a', { metadata: { finalizers: null } });
  });

  it('refuses a body with a resourceVersion', async () => {
    const { configMap, grant } = await makePlace();
    const message = 'resourceVersion should not be set on objects to be created';
    await refused(configMap('a', { metadata: { resourceVersion: '1' } }), 500, 'Unknown', message);
    await refused(grant('a', { metadata: { resourceVersion: '1' } }), 500, 'Unknown', message);
  });

  it('refuses a body of another namespace, and of another kind', async () => {
    const { api, configMap, namespace } = await makePlace();
    const message = 'the namespace of the provided object does not match the namespace sent on the request';
    await refused(configMap('a', { metadata: { namespace: 'other' } }), 400, 'BadRequest', message);
    const secret = { ...body(configMaps, 'a'), kind: 'Secret' };
    await refused(api.create(configMaps, namespace, secret), 400, 'BadRequest', 'cannot be handled as a');
    const other = { ...body(grants, 'a'), kind: 'Other' };
    await refused(api.create(grants, namespace, other), 422, 'Invalid', 'must be TemporaryAccessGrant');
  });

  it('takes a built-in object without its kind, and a custom one only with it', async () => {
    const { api, namespace } = await makePlace();
    const unnamed = { metadata: { name: 'a' } };
    const created = await api.create<Thing>(configMaps, namespace, unnamed);
    expect(created.kind).toBe('ConfigMap');
    await refused(api.create(grants, namespace, unnamed), 400, 'BadRequest', 'TemporaryAccessGrant');
  });

  it('refuses names that are none, but lets names of bindings have colons', async () => {
    const { api, configMap, namespace } = await makePlace();
    await refused(
      configMap('Not_A_Name'),
      422,
      'Invalid',
      'ConfigMap "Not_A_Name" is invalid: metadata.name',
    );
    await refused(
      api.create(configMaps, namespace, { metadata: {} }),
      422,
      'Invalid',
      'name or generateName is required',
    );
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' };
    const binding = { ...body(roleBindings, 'curfew:a:b'), roleRef };
    expect(await api.create<Thing>(roleBindings, namespace, binding)).toMatchObject({ roleRef });
  });

  it('makes a name from generateName, another one each time', async () => {
    const { api, namespace } = await makePlace();
    const create = () => api.create<Thing>(configMaps, namespace, { metadata: { generateName: 'made-' } });
    const [first, second] = [await create(), await create()];
    expect(first.metadata.name).toMatch(/^made-[a-z0-9]{5}$/);
    expect(second.metadata.name).not.toBe(first.metadata.name);
  });

  it('refuses a namespace that does not exist, and a resource', async () => {
    const { api, namespace } = await makePlace();
    const request = api.create(configMaps, 'no-such-place', body(configMaps, 'a'));
    await refused(request, 404, 'NotFound', 'namespaces "no-such-place" not found');
    const unknown = { ...configMaps, plural: 'nothings' };
    const message = 'the server could not find the requested resource';
    await refused(api.create(unknown, namespace, body(configMaps, 'a')), 404, 'NotFound', message);
  });

  it('in a dry run answers as if, without a version, and keeps nothing', async () => {
    const { api, configMap, get, namespace } = await makePlace();
    const asIf = await api.create<Thing>(configMaps, namespace, body(configMaps, 'a'), { dryRun: true });
    expect(asIf.metadata.uid).toBeDefined();
    expect(asIf.metadata.resourceVersion).toBeUndefined();
    await refused(get('a'), 404, 'NotFound', 'configmaps "a" not found');
    await configMap('a');
    const again = api.create(configMaps, namespace, body(configMaps, 'a'), { dryRun: true });
    await refused(again, 409, 'AlreadyExists');
  });
}
