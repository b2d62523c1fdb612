/**
 * GitOps controllers apply the same manifest again and again, in whatever phase the grant is. That must change nothing:
 * no new generation, no write, no Event.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OperatorProcess } from '../operator/operator-process.ts';
import { type Workplace, workplace } from './grants.ts';
import { operator } from './operator.ts';
import { squat } from './stored.ts';

let running: OperatorProcess;
let place: Workplace;

beforeAll(async () => {
  [running, place] = await Promise.all([operator(), workplace('reapply')]);
});
afterAll(() => running.stop('SIGTERM'));

interface Case {
  readonly phase: string;
  /** Brings a grant of this name, asked for with `spec`, to the phase. */
  readonly bring: (name: string) => Promise<unknown>;
  readonly spec?: { readonly duration?: string; readonly notBefore?: string };
}

const inAnHour = `${new Date(Date.now() + 3_600_000).toISOString().slice(0, 19)}Z`;

const cases: readonly Case[] = [
  { phase: 'Pending', bring: (name) => place.told(name, 'Requested') },
  {
    phase: 'Scheduled',
    spec: { notBefore: inAnHour },
    bring: (name) => place.decide(name, 'bob', 'Approved'),
  },
  { phase: 'Activating', bring: squatAndApprove },
  { phase: 'Active', bring: (name) => place.decide(name, 'bob', 'Approved') },
  { phase: 'Expired', spec: { duration: '1s' }, bring: (name) => place.decide(name, 'bob', 'Approved') },
  { phase: 'Denied', bring: (name) => place.decide(name, 'bob', 'Denied') },
  { phase: 'Withdrawn', bring: (name) => place.decide(name, 'alice', 'Withdrawn') },
  { phase: 'Revoked', bring: (name) => place.decide(name, 'bob', 'Revoked') },
];

async function squatAndApprove(name: string): Promise<void> {
  await squat(place.cluster, place.namespace, await place.get(name));
  await place.decide(name, 'bob', 'Approved');
}

/** Resolves once the operator has nothing more to say about the grant: two looks with a moment between agree. */
async function atRest(name: string): Promise<Snapshot> {
  let before = '';
  return place.cluster.eventually(async () => {
    const now = await snapshot(name);
    const text = JSON.stringify(now);
    const same = text === before;
    before = text;
    return same && now;
  });
}

interface Snapshot {
  readonly generation: number;
  readonly resourceVersion: string;
  readonly spec: object;
  readonly events: number;
}

async function snapshot(name: string): Promise<Snapshot> {
  const { metadata, spec } = await place.get(name);
  const { generation, resourceVersion } = metadata;
  return { generation, resourceVersion, spec, events: (await place.events(name)).length };
}

describe('applying the same manifest again', () => {
  it.each(cases)('changes nothing while $phase', async ({ phase, bring, spec }) => {
    const name = `again-${phase.toLowerCase()}`;
    await place.ask(name, spec);
    await bring(name);
    await place.reach(name, phase);
    const before = await atRest(name);

    const manifest = place.manifest(name, spec);
    const clientSide = await place.cluster.apply(manifest, { as: 'alice' });
    expect(clientSide.stdout).toContain('unchanged');
    expect(await snapshot(name)).toEqual(before);

    // The first server-side apply takes over the fields of the client-side one: it moves the resourceVersion, once.
    const serverSide = ['apply', '--server-side', '--force-conflicts', '-f', '-'];
    const input = JSON.stringify(manifest);
    await place.cluster.kubectl(serverSide, { as: 'alice', input });
    const taken = await atRest(name);
    expect({ ...taken, resourceVersion: '' }).toEqual({ ...before, resourceVersion: '' });
    await place.cluster.kubectl(serverSide, { as: 'alice', input });
    expect(await atRest(name)).toEqual(taken);

    // kubectl replace sends no requester: the guard puts the old one back, or the spec would seem to change.
    await place.cluster.kubectl(['replace', '-f', '-'], { as: 'alice', input });
    const replaced = await atRest(name);
    expect(replaced.generation).toBe(before.generation);
    expect(replaced.spec).toEqual(before.spec);
    expect(replaced.events).toBe(before.events);
  });

  it('refuses a changed manifest, in words that say what to do', async () => {
    await place.ask('changed');
    const edited = await place.cluster.apply(place.manifest('changed', { duration: '2h' }), {
      as: 'alice',
      allowFailure: true,
    });
    expect(edited.stderr).toContain('spec is immutable');
    expect(edited.stderr).toContain('Delete this grant and create another one');
  });
});
