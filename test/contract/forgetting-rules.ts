/** What is left of the past when the server has forgotten its history. */
import { expect, it } from 'vitest';
import { configMaps, isAbout, type MakePlace, refused, told } from './subject.ts';

export function forgettingRules(makePlace: MakePlace): void {
  it('answers 410 to old versions in an event and to old tokens as a refusal, and goes on from new ones', async () => {
    const { api, configMap, forgetHistory, namespace, watch } = await makePlace();
    const { metadata } = await configMap('a');
    const { resourceVersion } = metadata;
    for (const name of ['b', 'c']) await configMap(name);
    const { continue: token } = await api.list(configMaps, { namespace, limit: 1 });
    await configMap('d');

    await forgetHistory();

    const events = await watch({ resourceVersion });
    expect(told(events)).toEqual(['ERROR 410']);
    expect(events).toMatchObject([{ error: { reason: 'Expired' } }]);
    const message = 'The provided continue parameter is too old to display a consistent list result';
    const request = api.list(configMaps, { namespace, limit: 1, continue: token });
    await refused(request, 410, 'Expired', message);

    const present = await api.list(configMaps, { namespace });
    await configMap('e');
    const until = isAbout('ADDED', 'e');
    expect(told(await watch({ resourceVersion: present.resourceVersion, until }))).toEqual(['ADDED e']);
  });
}
