/**
 * One simulation: people live with grants, hands and faults attack, then faults stop and everything must come right. The same
 * seed gives the same run, to the last microtask.
 */
import {
  bindingResource,
  grantResource,
  policyResource,
  roleResource,
} from '../../src/controller/resources.ts';
import type { Trail } from '../../src/controller/trail.ts';
import type { KubeList, KubeObject, Resource } from '../../src/runtime/api.ts';
import { sleep } from '../../src/runtime/clock.ts';
import { start_ms } from '../domain/fixtures.ts';
import { createVirtualClock } from '../runtime/virtual-clock.ts';
import { createChance } from './chance.ts';
import { createSimCluster } from './cluster.ts';
import { chooseFaults, type FaultClass } from './faults.ts';
import { createFaultyApi } from './faulty-api.ts';
import { plantForeignBindings, restoreOwned, squat, touchBinding, touchOwned } from './hands.ts';
import { createOracles, type Violation } from './oracles.ts';
import { type Deed, livesOf } from './people.ts';
import { type SimProcess, startProcess } from './process.ts';

export interface Outcome {
  readonly seed: number;
  readonly faults: readonly FaultClass[];
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
}

const second_ms = 1000;
const attack_ms = 400 * second_ms;
/** By then all access has ended, by every clock and every bound. */
const rest_ms = 320 * second_ms;
const quiet_ms = 200 * second_ms;
/** As a Lease has it. */
const lease_ms = 15 * second_ms;

const watched: readonly Resource[] = [
  ...Object.values(grantResource),
  ...Object.values(bindingResource),
  ...Object.values(roleResource),
  policyResource,
];

/** Runs one seed to its end. `print` is told every write and every step. */
export async function simulate(seed: number, print?: (line: string) => void): Promise<Outcome> {
  const chance = createChance(seed);
  const faults = chooseFaults(chance);
  const clock = createVirtualClock(start_ms);
  const oracles = createOracles(clock, start_ms);
  const counts = { writes: 0, crashes: 0, depositions: 0, hands: 0 };
  let attacking = true;
  let givenUp = false;
  const suffers = (fault: FaultClass): boolean => attacking && faults.has(fault);
  const say = (line: string): void => print?.(`${(clock.monotonic() / 1000).toFixed(3).padStart(8)} ${line}`);
  const trail: Trail = {
    tell: (id, { uid, name }, { step, reason }) => {
      say(`${name} ${step} ${reason ?? ''}`);
      oracles.tell(uid, step, id);
    },
    nameTaken: () => {},
    problem: () => {},
  };
  const cluster = await createSimCluster({
    clock,
    authorizerLag_ms: faults.has('Authorizer') ? chance.between(1, 3000) : 0,
    onChange: (change) => {
      if (print !== undefined && !change.collection.startsWith('events')) {
        const { before, after } = change;
        const what = after === undefined ? 'deleted' : before === undefined ? 'created' : 'changed';
        const status = after?.['status'] as { phase?: string } | undefined;
        say(
          `  ${what} ${change.collection.split('.')[0]} ${(after ?? before)?.metadata.name} ${status?.phase ?? ''}`,
        );
      }
      oracles.onChange(change);
    },
  });
  await plantForeignBindings(cluster, oracles.declare);

  const old = new Map<Resource, KubeList<KubeObject>>();
  const rememberState = async (): Promise<void> => {
    for (const resource of watched) {
      const labelSelector =
        resource.plural.endsWith('rolebindings') && resource.plural !== 'roles' ? managed : undefined;
      old.set(resource, await cluster.api.list(resource, { labelSelector }));
    }
  };

  /** Looks after a process as a Deployment does, and after the leadership as the Lease does. */
  const supervise = (one: SimProcess): void => {
    one.life.onDeath(() => {
      oracles.absent();
      if (!attacking) return;
      say('an operator is dead');
      counts.crashes += 1;
      clock.after(chance.hit(0.5) ? lease_ms : chance.between(0, 3000), () => {
        if (!attacking) return;
        if (one === leader) succeed();
        else if (one === standby) standby = start();
      });
    });
  };

  const processes: SimProcess[] = [];
  /** Nothing that comes after would tell any more. */
  const giveUp = (): void => {
    attacking = false;
    givenUp = true;
    for (const one of processes) one.life.kill();
  };
  const onWrite = (): void => {
    counts.writes += 1;
    if (counts.writes !== writesMax) return;
    // Writes that answer each other would never let time pass.
    oracles.report('Fixpoint', `a storm of ${writesMax} writes`);
    giveUp();
  };
  const onBug = (error: unknown): void => {
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    // The product itself says of a grant that it is written again and again.
    oracles.report(what.includes('to come to rest within') ? 'Fixpoint' : 'Sound', what);
    giveUp();
  };
  const start = (): SimProcess => {
    const own = chance.fork();
    const lagging = suffers('Lagging') && own.hit(0.6);
    const death = own.hit(0.8) ? { write: own.between(1, 25), carriedOut: own.hit(0.5) } : undefined;
    const started = startProcess({
      clock,
      random: own.next,
      trail,
      onBug,
      connect: (life, onServerDate) =>
        createFaultyApi({
          api: cluster.api,
          clock,
          life,
          onServerDate,
          chance: own,
          suffers,
          death,
          oldState: lagging ? (resource) => old.get(resource) : undefined,
          onWrite,
        }),
    });
    processes.push(started);
    supervise(started);
    if (suffers('Clock')) started.skew_ms = own.between(-skewMax_ms, skewMax_ms);
    say('an operator starts');
    return started;
  };

  let leader = start();
  let standby = faults.has('Standby') ? start() : undefined;
  leader.lead();

  /** Whoever is next leads: a replica that stood by, or one that is started anew. */
  const succeed = (): void => {
    leader = standby ?? start();
    standby = faults.has('Standby') ? start() : undefined;
    leader.lead();
    say('it leads');
  };
  const deeds: Deed[] = [];
  const at = (at_ms: number, act: () => Promise<void>): void => void deeds.push({ at_ms, act });
  const often = (fault: FaultClass, every_s: readonly [number, number], act: () => Promise<void>): void => {
    if (!faults.has(fault)) return;
    for (
      let at_s = chance.between(...every_s);
      at_s < attack_ms / second_ms;
      at_s += chance.between(...every_s)
    ) {
      at(at_s * second_ms + chance.between(0, 999), act);
    }
  };
  const blocked = new Set<string>();
  for (let index = chance.between(3, 8); index > 0; index -= 1)
    deeds.push(...livesOf(cluster, clock, chance.fork(), index));
  often('Hands', [10, 60], async () => {
    counts.hands += 1;
    if (chance.hit(0.15)) {
      const uid = await squat(cluster, chance, oracles.declare);
      if (uid !== undefined) blocked.add(uid);
    } else await touchBinding(cluster, chance, oracles);
  });
  often('Owners', [30, 120], () => touchOwned(cluster, chance));
  const collectGarbage = (): void => oracles.byOthers(cluster.server.collectGarbage);
  often('Garbage', [5, 25], async () => collectGarbage());
  often('Compaction', [10, 60], async () => cluster.server.compact());
  often('Lagging', [5, 30], rememberState);
  often('Clock', [20, 90], async () => {
    leader.skew_ms = chance.between(-skewMax_ms, skewMax_ms);
  });
  often('Deposed', [40, 150], async () => {
    const old_leader = leader;
    counts.depositions += 1;
    say('the leader stands still');
    oracles.absent();
    old_leader.pause();
    await sleep(clock, lease_ms + chance.between(0, 5000));
    if (old_leader !== leader || old_leader.life.isDead()) return;
    succeed();
    await sleep(clock, chance.between(0, 20_000));
    say('the deposed leader comes back');
    old_leader.resume();
    // As long as a leader may go on that has lost its lease.
    await sleep(clock, chance.between(0, 2000));
    old_leader.life.kill();
  });

  const failures: unknown[] = [];
  for (const { at_ms, act } of deeds)
    clock.after(at_ms, () => void act().catch((error: unknown) => failures.push(error)));
  await clock.advance(attack_ms);

  say('faults stop');
  attacking = false;
  await restoreOwned(cluster);
  await clock.advance(lease_ms + 30 * second_ms);
  if (!givenUp && !leader.isLeading()) succeed();
  leader.skew_ms = 0;
  oracles.healed();
  for (let rest = 0; rest < rest_ms; rest += 5 * second_ms) {
    await clock.advance(5 * second_ms);
    oracles.look();
  }
  collectGarbage();
  await clock.advance(5 * second_ms);
  const before = counts.writes;
  say('everything must be at rest');
  await clock.advance(quiet_ms);
  if (counts.writes !== before)
    oracles.report('Fixpoint', `${counts.writes - before} writes although nothing happens`);
  if (!givenUp) oracles.finish(blocked);
  for (const one of processes) one.life.kill();
  if (failures.length > 0) throw new AggregateError(failures, `the simulation of seed ${seed} is broken`);
  return {
    seed,
    faults: [...faults],
    violations: oracles.violations,
    counts: { ...counts, ...oracles.counts() },
  };
}

/** Many times what a simulation takes. */
const writesMax = 5000;
const managed = 'app.kubernetes.io/managed-by=curfew';
const skewMax_ms = 20_000;
