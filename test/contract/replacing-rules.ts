/** What the server makes of a PUT. */
import { expect, it } from 'vitest';
import { grants, type MakePlace, refused, type Thing, untouched } from './subject.ts';

const withoutVersion = ({ metadata: { name, uid }, ...rest }: Thing): Thing => ({
  ...rest,
  metadata: { name, uid },
});

export function replacingRules(makePlace: MakePlace): void {
  it('puts the body in the place of the object and gives it a new version', async () => {
    const { api, configMap, get, ref } = await makePlace();
    const before = await configMap('a', { data: { x: '1', y: '2' } });
    const after = await api.replace(ref('a'), { ...before, data: { x: '3' } });
    expect(after.data).toEqual({ x: '3' });
    expect(after.metadata.uid).toBe(before.metadata.uid);
    expect(after.metadata.resourceVersion).not.toBe(before.metadata.resourceVersion);
    expect(await get('a')).toEqual(after);
  });

  it('keeps the version when nothing changes', async () => {
    const { api, configMap, ref } = await makePlace();
    const before = await configMap('a', { data: { x: '1' } });
    untouched(await api.replace(ref('a'), before), before);
  });

  it('refuses a version that is not the present one with Conflict', async () => {
    const { api, configMap, get, patch, ref } = await makePlace();
    const before = await configMap('a');
    const present = await patch('a', { data: { x: '1' } });
    const message = 'Operation cannot be fulfilled on configmaps "a": the object has been modified';
    await refused(api.replace(ref('a'), before), 409, 'Conflict', message);
    untouched(await get('a'), present);
  });

  it('needs no version for a built-in object, but for a custom one', async () => {
    const { api, configMap, grant, ref } = await makePlace();
    const before = await configMap('a');
    const after = await api.replace(ref('a'), { ...withoutVersion(before), data: { x: '1' } });
    expect(after.metadata.creationTimestamp).toBe(before.metadata.creationTimestamp);
    const request = api.replace(ref('g', grants), withoutVersion(await grant('g')));
    await refused(request, 422, 'Invalid', 'metadata.resourceVersion: Invalid value: 0: must be specified');
  });

  it('refuses the UID of another object with Conflict', async () => {
    const { api, configMap, grant, ref } = await makePlace();
    for (const [present, where] of [
      [await configMap('a'), ref('a')],
      [await grant('a'), ref('a', grants)],
    ] as const) {
      const other = { ...present, metadata: { ...present.metadata, uid: 'other' } };
      await refused(api.replace(where, other), 409, 'Conflict', 'UID in precondition: other');
    }
  });

  it('refuses another name, or none, and an object that is not there', async () => {
    const { api, configMap, ref } = await makePlace();
    const { metadata, ...rest } = await configMap('a');
    const named = (name: string): Thing => ({ ...rest, metadata: { ...metadata, name } });
    const message = 'the name of the object (b) does not match the name on the URL (a)';
    await refused(api.replace(ref('a'), named('b')), 400, 'BadRequest', message);
    const nameless = { ...rest, metadata: {} } as Thing;
    await refused(api.replace(ref('a'), nameless), 400, 'BadRequest', 'name must be provided');
    await refused(api.replace(ref('b'), named('b')), 404, 'NotFound', 'configmaps "b" not found');
  });

  it('in a dry run answers as if and keeps what is there', async () => {
    const { api, configMap, get, ref } = await makePlace();
    const before = await configMap('a');
    const asIf = await api.replace(ref('a'), { ...before, data: { x: '1' } }, { dryRun: true });
    expect(asIf.data).toEqual({ x: '1' });
    untouched(asIf, before);
    expect(await get('a')).toEqual(before);
  });
}
