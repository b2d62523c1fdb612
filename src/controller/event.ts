/**
 * Writes Events. Their names are known beforehand, so that one that was written before a crash is not written twice; somebody
 * else who knows them may have been there first, and must not silence us by that.
 *
 * Must not know what an Event tells.
 */
import { randomBytes } from 'node:crypto';
import type { Api } from '../runtime/api.ts';
import { isAlreadyExists } from '../runtime/api-error.ts';
import { getOrUndefined } from './gather.ts';
import { eventResource } from './resources.ts';
import type { Event, Trail } from './trail.ts';

/** Writes an Event. Never rejects: telling people holds nothing up. */
export async function writeEvent(
  { api, trail }: { readonly api: Api; readonly trail: Trail },
  event: Event,
  signal: AbortSignal,
): Promise<void> {
  try {
    await create(api, event, signal);
  } catch (error) {
    if (!isAlreadyExists(error)) return failed(trail, error);
    await writeBeside({ api, trail }, event, signal);
  }
}

const create = (api: Api, event: Event, signal: AbortSignal): Promise<unknown> =>
  api.create(eventResource, event.metadata.namespace, event, { signal });

const failed = (trail: Trail, error: unknown): void =>
  trail.problem('expected to write an Event; the step goes on without it', error);

/** Where an Event of that name tells something else, ours goes under a name that nobody can know beforehand. */
async function writeBeside(
  { api, trail }: { readonly api: Api; readonly trail: Trail },
  event: Event,
  signal: AbortSignal,
): Promise<void> {
  const { name, namespace } = event.metadata;
  try {
    const there = await getOrUndefined<Event>(api, { resource: eventResource, namespace, name }, signal);
    // Told before: a crash came between the Event and the status that says so.
    if (there !== undefined && tells(there, event)) return;
    const beside = { ...event.metadata, name: `${name}.${randomBytes(4).toString('hex')}` };
    await create(api, { ...event, metadata: beside }, signal);
    trail.nameTaken(name, namespace);
  } catch (error) {
    failed(trail, error);
  }
}

/** Whether an Event says what ours would, but for when and from which process. */
const tells = (there: Event, ours: Event): boolean => contentOf(there) === contentOf(ours);

function contentOf({ reportingController, action, reason, type, note, regarding }: Event): string {
  const { kind, namespace, name, uid } = regarding ?? {};
  return JSON.stringify([reportingController, action, reason, type, note, kind, namespace, name, uid]);
}
