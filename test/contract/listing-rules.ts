/** What the server shows in a list. */
import { expect, it } from 'vitest';
import type { ListOptions } from '../../src/runtime/api.ts';
import { isVersionAhead } from '../../src/runtime/api-error.ts';
import {
  configMaps,
  grants,
  type MakePlace,
  namesOf,
  type Place,
  policies,
  refused,
  type Thing,
} from './subject.ts';

const list = ({ api, namespace }: Place, options: ListOptions = {}) =>
  api.list<Thing>(configMaps, { namespace, ...options });

export function listingRules(makePlace: MakePlace): void {
  it('shows what is there, by name, with kind and version', async () => {
    const place = await makePlace();
    expect((await list(place)).items).toEqual([]);
    const b = await place.configMap('b');
    const a = await place.configMap('a');
    const { items, resourceVersion, continue: token } = await list(place);
    expect(items).toMatchObject([{ ...a, kind: 'ConfigMap', apiVersion: 'v1' }, b]);
    expect(Number(resourceVersion)).toBeGreaterThanOrEqual(Number(a.metadata.resourceVersion));
    expect(token).toBeUndefined();
  });

  it('shows all namespaces when none is named', async () => {
    const [here, there] = [await makePlace(), await makePlace()];
    await here.configMap('across');
    await there.configMap('across');
    const { items } = await here.api.list(configMaps, { fieldSelector: 'metadata.name=across' });
    const places = items.map(({ metadata }) => metadata.namespace);
    expect(places).toEqual([here.namespace, there.namespace].sort());
  });

  it('shows pages of one state, whatever is written meanwhile', async () => {
    const place = await makePlace();
    for (const name of ['a', 'b', 'c', 'd', 'e']) await place.configMap(name);
    const first = await list(place, { limit: 2 });
    await place.configMap('bb');
    await place.api.delete(place.ref('e'));
    const second = await list(place, { limit: 2, continue: first.continue });
    const third = await list(place, { limit: 2, continue: second.continue });
    expect([first, second, third].map(({ items }) => namesOf(items))).toEqual([
      ['a', 'b'],
      ['c', 'd'],
      ['e'],
    ]);
    expect(new Set([first, second, third].map(({ resourceVersion }) => resourceVersion)).size).toBe(1);
    expect(third.continue).toBeUndefined();
    expect(namesOf((await list(place)).items)).toEqual(['a', 'b', 'bb', 'c', 'd']);
  });

  it('needs no more pages when the last one is full', async () => {
    const place = await makePlace();
    for (const name of ['a', 'b']) await place.configMap(name);
    expect((await list(place, { limit: 2 })).continue).toBeUndefined();
  });

  it('selects by labels', async () => {
    const place = await makePlace();
    const labels = { a: 'yes', b: 'no', c: 'yes', d: 'no' };
    for (const [name, odd] of Object.entries(labels))
      await place.configMap(name, { metadata: { labels: { odd } } });
    await place.configMap('e');
    for (const [labelSelector, names] of [
      ['odd=yes', ['a', 'c']],
      ['odd==yes', ['a', 'c']],
      ['odd!=yes', ['b', 'd', 'e']],
      ['odd', ['a', 'b', 'c', 'd']],
      ['!odd', ['e']],
      ['odd in (yes, no),odd!=no', ['a', 'c']],
      ['odd notin (yes)', ['b', 'd', 'e']],
      ['', ['a', 'b', 'c', 'd', 'e']],
    ] as const) {
      expect(namesOf((await list(place, { labelSelector })).items), labelSelector).toEqual(names);
    }
  });

  it('has another page, an empty one, when what is left is not selected', async () => {
    const place = await makePlace();
    await place.configMap('a', { metadata: { labels: { odd: 'yes' } } });
    await place.configMap('b');
    const selected = { labelSelector: 'odd=yes', limit: 1 };
    const first = await list(place, selected);
    expect(namesOf(first.items)).toEqual(['a']);
    const second = await list(place, { ...selected, continue: first.continue });
    expect(second).toMatchObject({ items: [], resourceVersion: first.resourceVersion });
    expect(first.continue).toBeDefined();
    expect(second.continue).toBeUndefined();
  });

  it('selects by the fields that a kind offers', async () => {
    const place = await makePlace();
    for (const name of ['a', 'b']) await place.configMap(name);
    expect(namesOf((await list(place, { fieldSelector: 'metadata.name=a' })).items)).toEqual(['a']);
    expect(namesOf((await list(place, { fieldSelector: 'metadata.name!=a' })).items)).toEqual(['b']);
    const { api, grant, namespace, ref } = place;
    await grant('pending');
    await grant('scheduled');
    const scheduled = { status: { phase: 'Scheduled' } };
    await api.patch(ref('scheduled', grants), 'merge', scheduled, { subresource: 'status' });
    for (const [phase, names] of [
      ['Pending', ['pending']],
      ['Scheduled', ['scheduled']],
      ['Active', []],
    ] as const) {
      const { items } = await api.list(grants, { namespace, fieldSelector: `status.phase=${phase}` });
      expect(namesOf(items), phase).toEqual(names);
    }
  });

  it('refuses selectors that it cannot read, fields that cannot be selected by, and made-up tokens', async () => {
    const place = await makePlace();
    await refused(list(place, { labelSelector: 'a=b=c' }), 400, 'BadRequest');
    await refused(list(place, { labelSelector: '-bad' }), 400, 'BadRequest', 'unable to parse requirement');
    const message = '"data.x" is not a known field selector';
    await refused(list(place, { fieldSelector: 'data.x=1' }), 400, 'BadRequest', message);
    const { api, namespace } = place;
    const request = api.list(grants, { namespace, fieldSelector: 'spec.reason=x' });
    await refused(request, 400, 'BadRequest', 'field label not supported: spec.reason');
    await refused(list(place, { continue: 'bogus' }), 400, 'BadRequest', 'invalid continue token');
  });

  it('refuses a state that it has not come to yet, as after a restored backup', async () => {
    const place = await makePlace();
    const { resourceVersion } = await list(place);
    const current = { limit: 1, notOlderThan: resourceVersion };
    expect((await list(place, current)).items).toEqual([]);
    const ahead = list(place, { limit: 1, notOlderThan: String(Number(resourceVersion) + 1_000_000) });
    await refused(ahead, 504, 'Timeout', 'Too large resource version');
    await expect(ahead).rejects.toSatisfy(isVersionAhead);
  });

  it('shows objects of the cluster', async () => {
    const { api, namespace, policy } = await makePlace();
    const present = await policy();
    const { items } = await api.list<Thing>(policies, { fieldSelector: `metadata.name=${namespace}` });
    expect(items).toEqual([present]);
  });
}
