/** What the server tells in a watch, and in which order. */
import { expect, it } from 'vitest';
import { grants, isAbout, type MakePlace, type Place, refused, type Thing, told } from './subject.ts';

const versionOf = async ({ api, namespace, ref }: Place): Promise<string> =>
  (await api.list(ref('any').resource, { namespace })).resourceVersion;

const isEnd = ({ type }: { readonly type: string }): boolean => type === 'BOOKMARK';

export function watchingRules(makePlace: MakePlace): void {
  it('goes on from a version: tells what happened since, in order, each with its own version', async () => {
    const place = await makePlace();
    const { api, configMap, patch, ref, watch } = place;
    await configMap('before');
    const resourceVersion = await versionOf(place);
    const created = await configMap('a');
    const changed = await patch('a', { data: { x: '1' } });
    await patch('a', { data: { x: '1' } });
    await api.delete(ref('a'));
    const events = await watch({ resourceVersion, until: isAbout('DELETED', 'a') });
    expect(told(events)).toEqual(['ADDED a', 'MODIFIED a', 'DELETED a']);
    const [first, second, third] = events.map((event) => ('object' in event ? event.object : undefined));
    expect([first, second]).toEqual([created, changed]);
    expect(third).toMatchObject({ data: { x: '1' } });
    expect(Number(third?.metadata.resourceVersion)).toBeGreaterThan(Number(changed.metadata.resourceVersion));
  });

  it('goes on from the version of any event without telling that event again', async () => {
    const { configMap, patch, watch } = await makePlace();
    const { metadata } = await configMap('a');
    await patch('a', { data: { x: '1' } });
    const { resourceVersion } = metadata;
    expect(told(await watch({ resourceVersion, until: isAbout('MODIFIED', 'a') }))).toEqual(['MODIFIED a']);
  });

  it('tells what happens while it is open', async () => {
    const place = await makePlace();
    const { configMap, watch } = place;
    const watching = watch({ resourceVersion: await versionOf(place), until: isAbout('ADDED', 'b') });
    await configMap('a');
    await configMap('b');
    expect(told(await watching)).toEqual(['ADDED a', 'ADDED b']);
  });

  it('tells of its own namespace alone', async () => {
    const [place, other] = [await makePlace(), await makePlace()];
    const resourceVersion = await versionOf(place);
    await other.configMap('b');
    await place.configMap('a');
    expect(told(await place.watch({ resourceVersion, until: isAbout('ADDED', 'a') }))).toEqual(['ADDED a']);
  });

  it('streams the present state when asked to, and says where it ends', async () => {
    const { configMap, watch } = await makePlace();
    const b = await configMap('b');
    await configMap('a');
    for (const options of [{ sendInitialEvents: true }, {}, { resourceVersion: '0' }]) {
      const events = await watch({ ...options, until: isEnd });
      expect(told(events).toSorted()).toEqual(['ADDED a', 'ADDED b', 'BOOKMARK end of the initial events']);
      const end = events.at(-1);
      if (end?.type !== 'BOOKMARK') throw new Error('expected a bookmark at the end');
      expect(Number(end.resourceVersion)).toBeGreaterThanOrEqual(Number(b.metadata.resourceVersion));
    }
  });

  it('goes on after the initial events with what happens next, also from their bookmark', async () => {
    const { configMap, patch, watch } = await makePlace();
    await configMap('a');
    const [, bookmark] = await watch({ sendInitialEvents: true, until: isEnd });
    const watching = watch({ sendInitialEvents: true, until: isAbout('ADDED', 'b') });
    await patch('a', { data: { x: '1' } });
    await configMap('b');
    expect(told(await watching).at(-1)).toBe('ADDED b');
    const resourceVersion = bookmark?.type === 'BOOKMARK' ? bookmark.resourceVersion : '';
    const events = await watch({ resourceVersion, until: isAbout('ADDED', 'b') });
    expect(told(events)).toEqual(['MODIFIED a', 'ADDED b']);
  });

  it('ends an empty initial state at once', async () => {
    const { watch } = await makePlace();
    const events = await watch({ sendInitialEvents: true, until: isEnd });
    expect(told(events)).toEqual(['BOOKMARK end of the initial events']);
  });

  it('tells of objects that come into a selection as added, and of those that leave it as deleted', async () => {
    const place = await makePlace();
    const { api, configMap, patch, ref, watch } = place;
    const label = (name: string, in_: string) => patch(name, { metadata: { labels: { in: in_ } } });
    await configMap('a', { metadata: { labels: { in: 'yes' } } });
    await configMap('b', { metadata: { labels: { in: 'no' } } });
    const resourceVersion = await versionOf(place);
    const left = await label('a', 'no');
    await label('b', 'yes');
    await patch('b', { data: { x: '1' } });
    await patch('a', { data: { x: 'unseen' } });
    await api.delete(ref('a'));
    await api.delete(ref('b'));
    const options = { resourceVersion, labelSelector: 'in=yes', until: isAbout('DELETED', 'b') };
    const events = await watch(options);
    expect(told(events)).toEqual(['DELETED a', 'ADDED b', 'MODIFIED b', 'DELETED b']);
    const { resourceVersion: version } = left.metadata;
    expect(events[0]).toMatchObject({
      object: { metadata: { labels: { in: 'yes' }, resourceVersion: version } },
    });
  });

  it('selects by a field of status too', async () => {
    const { api, grant, ref, watch } = await makePlace();
    const { metadata } = await grant('g');
    const phase = (name: string) =>
      api.patch<Thing>(ref('g', grants), 'merge', { status: { phase: name } }, { subresource: 'status' });
    await phase('Scheduled');
    await phase('Expired');
    const fieldSelector = 'status.phase=Scheduled';
    const until = isAbout('DELETED', 'g');
    const { resourceVersion } = metadata;
    const events = await watch({ resource: grants, resourceVersion, fieldSelector, until });
    expect(told(events)).toEqual(['ADDED g', 'DELETED g']);
  });

  it('is closed in good order when its time is over, after bookmarks when something was written meanwhile', async () => {
    const place = await makePlace();
    const { configMap, watch } = place;
    const resourceVersion = await versionOf(place);
    const { metadata } = await configMap('a');
    let meanwhile: Promise<Thing> | undefined;
    const until = (): boolean => {
      meanwhile ??= configMap('b');
      return false;
    };
    const events = await watch({ resourceVersion, timeout_s: 4, until });
    expect([...new Set(told(events))]).toEqual(['ADDED a', 'ADDED b', 'BOOKMARK']);
    const bookmark = events.at(-1);
    const version = bookmark?.type === 'BOOKMARK' ? Number(bookmark.resourceVersion) : 0;
    expect(version).toBeGreaterThanOrEqual(Number((await meanwhile)?.metadata.resourceVersion));
    expect(version).toBeGreaterThan(Number(metadata.resourceVersion));
  });

  it('ends with the reason of its signal when that aborts', async () => {
    const { watch } = await makePlace();
    const stop = new AbortController();
    const reason = new Error('enough');
    const until = (): boolean => {
      stop.abort(reason);
      return false;
    };
    await expect(watch({ sendInitialEvents: true, signal: stop.signal, until })).rejects.toBe(reason);
    await expect(watch({ signal: stop.signal })).rejects.toBe(reason);
  });

  it('refuses selectors that it cannot read, versions that are none, and unknown resources', async () => {
    const { ref, watch } = await makePlace();
    const { resource } = ref('any');
    await refused(watch({ labelSelector: '-bad' }), 400, 'BadRequest', 'unable to parse requirement');
    await refused(watch({ fieldSelector: 'data.x=1' }), 400, 'BadRequest', 'not a known field selector');
    await refused(watch({ resourceVersion: 'bogus' }), 500, 'Unknown', 'Invalid value: "bogus"');
    await refused(watch({ resource: { ...resource, plural: 'nothings' } }), 404, 'NotFound');
  });
}
