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
import { managedSelector } from '../../src/domain/binding.ts';
import type { KubeList, KubeObject, Resource } from '../../src/runtime/api.ts';
import { sleep } from '../../src/runtime/clock.ts';
import { commandOf, type FaultClass, type Task } from './faults.ts';
import { createFleet, type Fleet, lease_ms, skewMax_ms } from './fleet.ts';
import { plantForeignBindings, restoreOwned, squat, touchBinding, touchOwned } from './hands.ts';
import type { Violation } from './ledger.ts';
import { type Deed, livesOf } from './people.ts';
import { createStage, type Stage } from './stage.ts';

export interface Outcome {
  readonly task: Task;
  readonly faults: readonly FaultClass[];
  readonly violations: readonly Violation[];
  readonly counts: Readonly<Record<string, number>>;
}

const second_ms = 1000;
const attack_ms = 360 * second_ms;
/** By then all access has ended, by every clock and every bound: the longest life may begin when the last fault has stopped. */
const rest_ms = 480 * second_ms;
const quiet_ms = 200 * second_ms;
/** Until all that was on its way has arrived, and somebody leads. */
const succeeding_ms = lease_ms + 30 * second_ms;
/** The same where the last clock that is set right may cost a lease, a restart and another lease. */
const electing_ms = 3 * lease_ms + 30 * second_ms;

/** Runs one seed to its end. `print` is told every write and every step. */
export async function simulate(task: Task, print?: (line: string) => void): Promise<Outcome> {
  const stage = await createStage(task, print);
  const { clock, oracles, faults, counts } = stage;
  await plantForeignBindings(stage.cluster, oracles.declare);
  const old = new Map<Resource, KubeList<KubeObject>>();
  const fleet = createFleet(stage, (resource) => old.get(resource));
  const blocked = new Set<string>();
  const failures: unknown[] = [];
  for (const { at_ms, act } of deedsOf(stage, fleet, { old, blocked })) {
    clock.after(at_ms, () => void act().catch((error: unknown) => failures.push(error)));
  }
  // One death may come at any write, also when access ends.
  await clock.advance(task.crash === undefined ? attack_ms : attack_ms + rest_ms);
  await heal(stage, fleet);
  await requireRest(stage);
  if (!fleet.isGivenUp()) oracles.finish(blocked);
  fleet.killAll();
  if (failures.length > 0) throw new AggregateError(failures, `the simulation is broken: ${commandOf(task)}`);
  return {
    task,
    faults: [...faults],
    violations: oracles.violations,
    counts: { ...counts, ...oracles.counts() },
  };
}

interface Notes {
  /** What an operator that starts behind is shown. */
  readonly old: Map<Resource, KubeList<KubeObject>>;
  /** Grants that cannot begin, because somebody stands in their place. */
  readonly blocked: Set<string>;
}

/** Everything that people, hands and faults do during the attack. */
function deedsOf(stage: Stage, fleet: Fleet, { old, blocked }: Notes): readonly Deed[] {
  const { chance, clock, faults, oracles, cluster, counts } = stage;
  const deeds: Deed[] = [];
  const often = (fault: FaultClass, every_s: readonly [number, number], act: () => Promise<void>): void => {
    if (!faults.has(fault)) return;
    const next_ms = (): number => chance.between(...every_s) * second_ms;
    for (let at_ms = next_ms(); at_ms < attack_ms; at_ms += next_ms()) {
      deeds.push({ at_ms: at_ms + chance.between(0, 999), act });
    }
  };
  for (let index = chance.between(3, 8); index > 0; index -= 1) {
    deeds.push(...livesOf(cluster, clock, chance.fork(), index));
  }
  often('Hands', [10, 60], async () => {
    counts.hands += 1;
    if (!chance.hit(0.15)) return touchBinding(cluster, chance, oracles);
    const uid = await squat(cluster, chance, oracles.declare);
    if (uid !== undefined) blocked.add(uid);
  });
  often('Owners', [30, 120], () => touchOwned(cluster, chance));
  often('Guard', [100, 400], () => openGap(stage));
  often('Garbage', [5, 25], async () => oracles.byOthers(cluster.server.collectGarbage));
  often('Compaction', [10, 60], async () => cluster.server.compact());
  often('Lagging', [5, 30], () => rememberState(stage, old));
  often('Clock', [20, 90], async () => {
    fleet.leader().machine.skew_ms = chance.between(-skewMax_ms, skewMax_ms);
  });
  often('Deposed', [40, 150], fleet.depose);
  return deeds;
}

/** The guard is out of force for a while, and somebody makes use of it. */
async function openGap({ guard, chance, clock, counts }: Stage): Promise<void> {
  if (guard === undefined) return;
  counts.gaps += 1;
  await guard.weaken();
  for (let forgeries = chance.between(0, 3); forgeries > 0; forgeries -= 1) {
    await sleep(clock, chance.between(0, chance.pick([200, 4000])));
    await guard.forge();
  }
  await guard.restore();
  await sleep(clock, chance.between(0, 1000));
  await guard.forge();
}

const watched: readonly Resource[] = [
  ...Object.values(grantResource),
  ...Object.values(bindingResource),
  ...Object.values(roleResource),
  policyResource,
];
const bindings: ReadonlySet<Resource> = new Set(Object.values(bindingResource));

async function rememberState({ cluster }: Stage, old: Notes['old']): Promise<void> {
  for (const resource of watched) {
    const labelSelector = bindings.has(resource) ? managedSelector : undefined;
    old.set(resource, await cluster.api.list(resource, { labelSelector }));
  }
}

/** Faults stop, one operator leads, and all that must end ends. */
async function heal(stage: Stage, fleet: Fleet): Promise<void> {
  const { clock, faults, oracles, say } = stage;
  say('faults stop');
  stage.attacking = false;
  fleet.setClocksRight();
  await restoreOwned(stage.cluster);
  await clock.advance(faults.has('Election') ? electing_ms : succeeding_ms);
  if (!fleet.isGivenUp() && !fleet.leader().isLeading()) fleet.succeed();
  oracles.healed();
  for (let rested_ms = 0; rested_ms < rest_ms; rested_ms += 5 * second_ms) {
    await clock.advance(5 * second_ms);
    oracles.look();
  }
}

/** Nothing happens any more, so nothing may be written. */
async function requireRest({ clock, oracles, cluster, counts, say }: Stage): Promise<void> {
  oracles.byOthers(cluster.server.collectGarbage);
  await clock.advance(5 * second_ms);
  const before = counts.writes;
  say('everything must be at rest');
  await clock.advance(quiet_ms);
  const written = counts.writes - before;
  if (written > 0) oracles.report('Fixpoint', `${written} writes although nothing happens`);
}
