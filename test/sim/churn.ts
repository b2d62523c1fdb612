/**
 * A whole day of ordinary life with little trouble: people ask, approve, end and delete, one after the other, and what a process
 * holds is looked at every hour.
 *
 * Must not know what is too much.
 */
import { bindingResource, grantResource } from '../../src/controller/resources.ts';
import type { KubeObject } from '../../src/runtime/api.ts';
import { start_ms } from '../domain/fixtures.ts';
import { createVirtualClock } from '../runtime/virtual-clock.ts';
import { createChance } from './chance.ts';
import { createSimCluster } from './cluster.ts';
import { createFaultyApi } from './faulty-api.ts';
import type { FaultClass } from './faults.ts';
import { touchBinding } from './hands.ts';
import { decide, livesOf } from './people.ts';
import { type Sizes, startProcess } from './process.ts';

export interface Hour extends Sizes {
  /** What there is in the cluster for the operator to know. */
  readonly objects: number;
  /** Grants that hold access, wait or are scheduled. */
  readonly open: number;
}

const minute_ms = 60_000;
const troubles: ReadonlySet<FaultClass> = new Set(['Request', 'Cut', 'Latency']);

/** Lives through so many hours; a report for each, at a moment when nothing is under way. */
export async function churn(
  hours: number,
  livesPerHour: number,
): Promise<{ hours: readonly Hour[]; bugs: readonly unknown[] }> {
  const chance = createChance(24);
  const clock = createVirtualClock(start_ms);
  const cluster = await createSimCluster({ clock, authorizerLag_ms: 0, onChange: () => {} });
  const bugs: unknown[] = [];
  let trouble = true;
  const operator = startProcess({
    clock,
    random: chance.fork().next,
    trail: { tell: () => {}, nameTaken: () => {}, endedByOthers: () => {}, problem: () => {} },
    accepted: undefined,
    onBug: (error) => bugs.push(error),
    connect: (life, onServerDate) =>
      createFaultyApi({
        api: cluster.api,
        clock,
        life,
        onServerDate,
        chance,
        suffers: (fault) => trouble && troubles.has(fault),
        death: undefined,
        oldState: undefined,
        onSend: () => {},
        onWrite: () => {},
      }),
  });
  operator.lead();
  await clock.advance(minute_ms);

  const listed: Hour[] = [];
  let index = 0;
  for (let hour = 0; hour < hours; hour += 1) {
    trouble = true;
    for (let life = 0; life < livesPerHour; life += 1) {
      index += 1;
      for (const { at_ms, act } of livesOf(cluster, clock, chance.fork(), index)) {
        clock.after(at_ms, () => void act().catch((error: unknown) => bugs.push(error)));
      }
      if (life === 0) await holdLong(cluster, index);
      if (chance.hit(0.2)) await touchBinding(cluster, chance, { declare: () => {}, takes: () => {} });
      await clock.advance((45 * minute_ms) / livesPerHour);
    }
    trouble = false;
    await clock.advance(14 * minute_ms);
    cluster.server.collectGarbage();
    await tidy(cluster.api);
    cluster.server.compact();
    await clock.advance(minute_ms);
    listed.push({ ...operator.sizes(), ...(await census(cluster.api)) });
  }
  operator.machine.life.kill();
  return { hours: listed, bugs };
}

/** Access for eight hours, which is deleted long before: nothing may remember its end. */
async function holdLong({ api, create }: Parameters<typeof touchBinding>[0], index: number): Promise<void> {
  const ref = { resource: grantResource.TemporaryAccessGrant, namespace: 'payments', name: `long-${index}` };
  const roleRef = { kind: 'ClusterRole', name: 'edit' };
  const spec = { requester: 'alice', roleRef, reason: 'simulated', duration: '8h' };
  await create(ref.resource, ref.namespace, { metadata: { name: ref.name }, spec });
  await decide(api, ref, 'bob', 'Approved');
}

type Listing = Parameters<typeof touchBinding>[0]['api'];

/** As people do who keep their cluster clean: what is over is deleted, and with it every copy that somebody made. */
async function tidy(api: Listing): Promise<void> {
  for (const resource of Object.values(grantResource)) {
    for (const { metadata } of (await api.list(resource)).items) {
      await api.delete({ resource, namespace: metadata.namespace, name: metadata.name });
    }
  }
}

async function census(api: Listing): Promise<Pick<Hour, 'objects' | 'open'>> {
  const grants = await Promise.all(Object.values(grantResource).map((resource) => api.list(resource)));
  const bindings = await Promise.all(Object.values(bindingResource).map((resource) => api.list(resource)));
  const all: readonly KubeObject[] = [...grants, ...bindings].flatMap(({ items }) => items);
  // Four policies and a role are always there.
  return { objects: all.length + 5, open: grants.flatMap(({ items }) => items).length };
}
