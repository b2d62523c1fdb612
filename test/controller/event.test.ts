/** Events whose names are taken: by ourselves before a crash, or by somebody who wants a step to go unseen. */
import { beforeEach, describe, expect, it } from 'vitest';
import { writeEvent } from '../../src/controller/event.ts';
import { eventResource, policyResource } from '../../src/controller/resources.ts';
import { type Event, eventOf, type Trail } from '../../src/controller/trail.ts';
import type { TrailEntry } from '../../src/domain/trail.ts';
import type { Api } from '../../src/runtime/api.ts';
import { aGrant, start_ms } from '../domain/fixtures.ts';
import { createClusterInMemory } from './cluster-in-memory.ts';
import { startOperatorInMemory } from './operator-in-memory.ts';

const entry: TrailEntry = {
  step: 'Granted',
  type: 'Normal',
  audience: 'Everybody',
  note: 'alice may use ClusterRole edit',
  discriminator: '',
};
const event = eventOf(aGrant(), entry, start_ms, 'pod-1');
const { signal } = new AbortController();

let api: Api;
let told: string[];
let trail: Trail;
beforeEach(async () => {
  ({ api } = await createClusterInMemory());
  told = [];
  trail = {
    tell: () => {},
    endedByOthers: () => undefined,
    nameTaken: (name, namespace) => void told.push(`taken: ${namespace}/${name}`),
    problem: (message) => void told.push(message),
  };
});

const forbidden: Api['get'] = async () => {
  throw new Error('forbidden');
};
const notes = async (): Promise<readonly (readonly [name: string, note: string])[]> => {
  const { items } = await api.list<Event>(eventResource, { namespace: 'payments' });
  return items.map(({ metadata, note }) => [metadata.name, note]);
};
const occupy = (changes: Partial<Event>): Promise<unknown> =>
  api.create(eventResource, 'payments', { ...event, ...changes });

describe('an Event', () => {
  it('is written under its name', async () => {
    await writeEvent({ api, trail }, event, signal);
    expect(await notes()).toEqual([[event.metadata.name, event.note]]);
  });

  it('that was written before a crash is not written again', async () => {
    await occupy({ eventTime: '2026-03-02T08:59:00.000000Z', reportingInstance: 'pod-0' });
    await writeEvent({ api, trail }, event, signal);
    expect(await notes()).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it.each<[string, Partial<Event>]>([
    ['another note', { note: 'nothing to see here' }],
    ['another reason', { reason: 'Requested' }],
    ['another type', { type: 'Warning' }],
    ['another grant', { regarding: { ...event.regarding, uid: 'another' } }],
    ['another controller', { reportingController: 'example.com/other' }],
    ['no word about what it regards', { regarding: undefined as unknown as Event['regarding'] }],
  ])('whose name was given to %s is written beside it, and that is told', async (_what, changes) => {
    await occupy(changes);
    await writeEvent({ api, trail }, event, signal);
    const written = (await notes()).filter(([name]) => name !== event.metadata.name);
    expect(written).toEqual([[expect.stringMatching(/^inc-4711\.[0-9a-f]{16}\.[0-9a-f]{8}$/), event.note]]);
    expect(told).toEqual([`taken: payments/${event.metadata.name}`]);
  });

  it('that cannot be read is a problem, and holds nothing up', async () => {
    await occupy({ note: 'something else' });
    await writeEvent({ api: { ...api, get: forbidden }, trail }, event, signal);
    expect(told).toEqual(['expected to write an Event; the step goes on without it']);
  });

  it('in other words is another one, and nobody has taken its name', async () => {
    const reworded = eventOf(aGrant(), { ...entry, note: 'alice may use it' }, start_ms, 'pod-1');
    await writeEvent({ api, trail }, event, signal);
    await writeEvent({ api, trail }, reworded, signal);
    expect((await notes()).map(([, note]) => note).toSorted()).toEqual(
      [event.note, reworded.note].toSorted(),
    );
    expect(told).toEqual([]);
  });
});

it('a grant that is refused twice, each time for something else, is told twice, and nobody has taken a name', async () => {
  const cluster = await createClusterInMemory();
  const operator = await startOperatorInMemory(cluster);
  const edit = async (spec: object): Promise<void> => {
    await cluster.api.patch({ resource: policyResource, name: 'default' }, 'merge', { spec });
    await cluster.clock.advance(1000);
  };
  await cluster.request('a');
  for (const suspend of [true, false, true, false]) await edit({ suspend });
  await edit({ roles: [{ kind: 'ClusterRole', name: 'view' }] });
  const { items } = await cluster.api.list<Event>(eventResource, { namespace: 'payments' });
  const refusals = items.filter(({ reason }) => reason === 'PolicyRefused').map(({ note }) => note);
  expect(refusals.toSorted()).toEqual([
    expect.stringContaining('does not offer ClusterRole edit'),
    expect.stringContaining('is suspended'),
  ]);
  expect(operator.namesTaken).toEqual([]);
  expect(operator.failures).toEqual([]);
  await operator.stop();
});
