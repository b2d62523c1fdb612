/** Requests that their caller has to permit. */
import { expect, it } from 'vitest';
import type { RequestOptions } from '../../src/runtime/api.ts';
import { NotSentError } from '../../src/runtime/api-error.ts';
import { configMaps, type MakePlace, type Place, untouched } from './subject.ts';

const requests: Readonly<Record<string, (place: Place, options: RequestOptions) => Promise<unknown>>> = {
  'a create': ({ api, namespace }, options) =>
    api.create(
      configMaps,
      namespace,
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'new' } },
      options,
    ),
  'a replace': async ({ api, get, ref }, options) =>
    api.replace(ref('a'), { ...(await get('a')), data: { x: '2' } }, options),
  'a patch': ({ api, ref }, options) => api.patch(ref('a'), 'merge', { data: { x: '2' } }, options),
  'a delete': ({ api, ref }, options) => api.delete(ref('a'), options),
};

export function permittingRules(makePlace: MakePlace): void {
  it.each(Object.entries(requests))('%s that is not permitted is not sent', async (_what, send) => {
    const place = await makePlace();
    const before = await place.configMap('a', { data: { x: '1' } });
    const reason = new NotSentError('expected to be permitted');
    const permit = (): never => {
      throw reason;
    };
    await expect(send(place, { permit })).rejects.toBe(reason);
    untouched(await place.get('a'), before);
    const { items } = await place.api.list(configMaps, { namespace: place.namespace });
    expect(items.map(({ metadata }) => metadata.name)).not.toContain('new');
  });

  it.each(Object.entries(requests))(
    '%s that is permitted is sent, and was asked about once',
    async (_what, send) => {
      const place = await makePlace();
      await place.configMap('a', { data: { x: '1' } });
      let asked = 0;
      await send(place, { permit: () => void (asked += 1) });
      expect(asked).toBe(1);
    },
  );
}
