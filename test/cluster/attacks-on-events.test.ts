/** Somebody who may write Events and wants a step to go unseen: they know the names of ours, and take one first. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { eventName } from '../../src/controller/trail.ts';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type Workplace, workplace } from './grants.ts';
import { defaultSettings } from '../../src/guard/settings.ts';
import { sender } from './attacks/request.ts';
import { auditEnd } from './audit-log.ts';
import { refusedSince } from './operator-rights.ts';
import { operator } from './operator.ts';
import { clusterRole, strippedRole } from './stripped-role.ts';

let running: OperatorProcess;
let place: Workplace;

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('events')]);
});
afterAll(() => running.stop('SIGTERM'));

const note = 'Revoked by bob before it began';

/** Asks, and has somebody take the name of the Event of its end; that name. */
async function askAndTake(grant: string): Promise<string> {
  const { metadata } = await place.ask(grant);
  await place.told(grant, 'Requested');
  const entry = { step: 'Revoked', type: 'Normal', audience: 'Everybody', note, discriminator: '' } as const;
  const name = eventName(metadata, entry);
  await place.cluster.apply({
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name, namespace: place.namespace },
    eventTime: new Date().toISOString().replace('Z', '000Z'),
    reportingController: 'curfew.dev/operator',
    reportingInstance: 'nobody',
    action: 'Revoke',
    reason: 'Revoked',
    type: 'Normal',
    regarding: {
      apiVersion: 'curfew.dev/v1alpha1',
      kind: 'TemporaryAccessGrant',
      name: grant,
      namespace: place.namespace,
      uid: metadata.uid,
    },
    note: 'nothing to see here',
  });
  return name;
}

it('does not silence us: the Event is written beside theirs, which the log and a counter tell', async () => {
  const name = await askAndTake('a');
  await place.decide('a', 'bob', 'Revoked');
  await place.reach('a', 'Revoked');
  const notes = await place.cluster.eventually(async () => {
    const revoked = (await place.events('a')).filter(({ reason }) => reason === 'Revoked');
    if (revoked.length < 2) throw new Error(`there are ${revoked.length} Events of the end`);
    return revoked.map((event) => event.note);
  });
  expect(notes.toSorted()).toEqual([note, 'nothing to see here']);
  expect(running.log).toContainEqual(expect.objectContaining({ level: 'warn', event: name }));
  expect(await running.metrics()).toContain('curfew_event_names_taken_total 1');
  expect(running.log.filter(({ level }) => level === 'error')).toEqual([]);
});

it('without the right to read it, the log says that there is no Event, and the end comes all the same', async () => {
  const role = await strippedRole(
    sender(place.cluster),
    clusterRole('curfew-operator'),
    defaultSettings.operatorUser,
  );
  await askAndTake('b');
  const right = 'get events.events.k8s.io';
  await role.without(right);
  try {
    const from = await auditEnd();
    await place.decide('b', 'bob', 'Revoked');
    await place.reach('b', 'Revoked');
    await place.cluster.eventually(async () => (await refusedSince(from)).has(right));
    const line = await running.logged('expected to write an Event; the step goes on without it');
    expect(JSON.stringify(line)).toContain('cannot get resource');
  } finally {
    await role.whole();
  }
});
