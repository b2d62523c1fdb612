/** Who may write status, and what makes a generation. */
import { expect, it } from 'vitest';
import { configMaps, grants, type MakePlace, policies, refused, type Thing, untouched } from './subject.ts';

export function statusRules(makePlace: MakePlace): void {
  it('does not listen to status in a create, a replace or a patch of the object', async () => {
    const { api, grant, patch, ref } = await makePlace();
    const created = await grant('g', { status: { phase: 'Active' } });
    expect(created.status).toMatchObject({ phase: 'Pending' });
    const change = { metadata: { labels: { a: 'b' } }, status: { phase: 'Active' } };
    const present = await patch('g', change, grants);
    expect(present.metadata.labels).toEqual({ a: 'b' });
    expect(present.status).toEqual(created.status);
    untouched(await api.replace(ref('g', grants), { ...present, status: { phase: 'Active' } }), present);
  });

  it('through the status listens to status alone: not to spec, and to no metadata', async () => {
    const { api, grant, patch, ref } = await makePlace();
    const created = await grant('g', { metadata: { labels: { a: 'b' } } });
    const change = {
      metadata: {
        labels: { c: 'd' },
        annotations: { e: 'f' },
        finalizers: ['contract.test/a'],
        uid: 'other',
      },
      spec: { reason: 'something else entirely' },
      status: { phase: 'Scheduled', observedGeneration: 1 },
    };
    const status = { subresource: 'status' };
    const after = await api.patch<Thing>(ref('g', grants), 'merge', change, status);
    expect(after.status).toEqual({ ...created.status, ...change.status });
    expect(after.spec).toEqual(created.spec);
    expect(after.metadata).toMatchObject({ uid: created.metadata.uid, labels: { a: 'b' }, generation: 1 });
    expect(after.metadata).not.toHaveProperty('annotations');
    expect(after.metadata).not.toHaveProperty('finalizers');
    expect(after.metadata.resourceVersion).not.toBe(created.metadata.resourceVersion);
    untouched(await api.patch(ref('g', grants), 'merge', change, status), after);
    untouched(await api.get(ref('g', grants), status), after);
    untouched(await patch('g', { status: { phase: 'Expired' } }, grants), after);
  });

  it('replaces the status of the present version alone', async () => {
    const { api, grant, patch, ref } = await makePlace();
    await grant('g');
    const present = await patch('g', { metadata: { labels: { a: 'b' } } }, grants);
    const wanted = { ...present, status: { ...present.status, phase: 'Scheduled' } };
    const status = { subresource: 'status' };
    const after = await api.replace(ref('g', grants), wanted, status);
    expect(after.status).toMatchObject({ phase: 'Scheduled' });
    await refused(api.replace(ref('g', grants), wanted, status), 409, 'Conflict', 'has been modified');
    const stale = { metadata: { resourceVersion: present.metadata.resourceVersion }, status: {} };
    await refused(api.patch(ref('g', grants), 'merge', stale, status), 409, 'Conflict', 'has been modified');
  });

  it('appends to a list in status by JSON patch', async () => {
    const { api, grant, ref } = await makePlace();
    const { metadata } = await grant('g');
    const decision = { uid: metadata.uid, by: 'bob', decision: 'Approved' };
    const operations = [{ op: 'add', path: '/status/decisions/-', value: decision }];
    const status = { subresource: 'status' };
    const after = await api.patch<Thing>(ref('g', grants), 'json', operations, status);
    expect(after.status).toMatchObject({ decisions: [decision] });
  });

  it('can be written in a dry run', async () => {
    const { api, grant, get, ref } = await makePlace();
    await grant('g');
    const change = { status: { phase: 'Scheduled' } };
    const options = { subresource: 'status', dryRun: true };
    const asIf = await api.patch<Thing>(ref('g', grants), 'merge', change, options);
    expect(asIf.status).toMatchObject({ phase: 'Scheduled' });
    expect((await get('g', grants)).status).toMatchObject({ phase: 'Pending' });
  });

  it('does not exist for kinds that have none, nor for objects that are not there', async () => {
    const { api, configMap, policy, ref } = await makePlace();
    const status = { subresource: 'status' };
    await configMap('a');
    const { metadata } = await policy();
    await refused(api.patch(ref('a', configMaps), 'merge', {}, status), 404, 'NotFound');
    await refused(api.patch(ref(metadata.name, policies), 'merge', {}, status), 404, 'NotFound');
    const message = 'temporaryaccessgrants.curfew.dev "g" not found';
    await refused(api.patch(ref('g', grants), 'merge', {}, status), 404, 'NotFound', message);
  });

  it('counts a generation for each change of spec of a custom object, and for its deletion', async () => {
    const { api, policy, patch, ref } = await makePlace();
    const { metadata } = await policy({ metadata: { generation: 7 } });
    const { name } = metadata;
    expect(metadata.generation).toBe(1);
    const labelled = { metadata: { labels: { a: 'b' }, finalizers: ['contract.test/hold'] } };
    expect((await patch(name, labelled, policies)).metadata.generation).toBe(1);
    expect((await patch(name, { spec: { suspend: true } }, policies)).metadata.generation).toBe(2);
    expect((await patch(name, { metadata: { generation: 9 } }, policies)).metadata.generation).toBe(2);
    expect(await api.delete(ref(name, policies))).toMatchObject({ object: { metadata: { generation: 3 } } });
    await patch(name, { metadata: { finalizers: null } }, policies);
  });

  it('counts none for a ConfigMap', async () => {
    const { configMap, patch } = await makePlace();
    expect((await configMap('a')).metadata).not.toHaveProperty('generation');
    expect((await patch('a', { data: { x: '1' } })).metadata).not.toHaveProperty('generation');
  });
}
