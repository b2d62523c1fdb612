/**
 * The operators of a simulation: who leads, who stands by, who dies at which write, who comes back too late. Looks after them as
 * a Deployment and a Lease do.
 *
 * Must not know what the operators do.
 */
import type { Api, KubeList, KubeObject, Resource } from '../../src/runtime/api.ts';
import { sleep } from '../../src/runtime/clock.ts';
import type { Chance } from './chance.ts';
import { createFaultyApi } from './faulty-api.ts';
import { type SimProcess, startProcess } from './process.ts';
import type { Stage } from './stage.ts';

export interface Fleet {
  readonly leader: () => SimProcess;
  /** Whoever is next leads: a replica that stood by, or one that is started anew. */
  readonly succeed: () => void;
  /** The leader stands still past its lease, and comes back when another one leads. */
  readonly depose: () => Promise<void>;
  /** Whoever leads while a Lease decides it is the leader's affair: every clock is right from now on. */
  readonly setClocksRight: () => void;
  readonly killAll: () => void;
  /** A bug was thrown, or writes went on without end: nothing that comes after would tell any more. */
  readonly isGivenUp: () => boolean;
}

/** As a Lease has it. */
export const lease_ms = 15_000;
export const skewMax_ms = 20_000;
/** Many times what a simulation takes. */
const writesMax = 5000;

/** `oldState` is what an operator that starts behind is shown. */
export function createFleet(
  stage: Stage,
  oldState: (resource: Resource) => KubeList<KubeObject> | undefined,
): Fleet {
  const { chance, clock, faults, oracles, cluster, counts, suffers, say } = stage;
  const processes: SimProcess[] = [];
  /** Whether the Lease says who leads, or the fleet itself, as a Lease would whose rules nobody breaks. */
  const elects = faults.has('Election');
  let givenUp = false;
  let over = false;

  const killAll = (): void => {
    over = true;
    for (const one of processes) one.machine.life.kill();
  };
  const giveUp = (): void => {
    stage.attacking = false;
    givenUp = true;
    killAll();
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
    const drawn = own.hit(0.8) ? { write: own.between(1, 25), landed: own.hit(0.5) } : undefined;
    const planned = processes.length === 0 ? stage.crash : undefined;
    const death = stage.crash === undefined ? drawn : planned;
    const identity = `replica-${processes.length + 1}`;
    const onSend = (): void => {
      if (elects) oracles.sends(identity);
    };
    const faulty = { api: cluster.api, clock, chance: own, suffers, death, onSend, onWrite };
    const started = startProcess({
      clock,
      random: own.next,
      trail: stage.trail,
      accepted: stage.guard?.accepted,
      onBug,
      connect: (life, onServerDate) =>
        createFaultyApi({ ...faulty, life, onServerDate, oldState: lagging ? oldState : undefined }),
    });
    processes.push(started);
    started.machine.life.onDeath(() => replace(started));
    if (elects) started.campaign(identity, electionApi(started, own));
    if (suffers('Clock')) started.machine.skew_ms = own.between(-skewMax_ms, skewMax_ms);
    say('an operator starts');
    return started;
  };

  /** What is written through it is no work: nobody counts it. */
  const electionApi = ({ machine: { life }, hearServerTime }: SimProcess, own: Chance): Api => {
    const idle = { death: undefined, oldState: undefined, onSend: () => {}, onWrite: () => {} };
    const given = { api: cluster.api, clock, chance: own, suffers, life, onServerDate: hearServerTime };
    return createFaultyApi({ ...given, ...idle });
  };

  const replace = (dead: SimProcess): void => {
    oracles.absent();
    if (over || !(stage.attacking || elects)) return;
    say('an operator is dead');
    counts.crashes += 1;
    clock.after(chance.hit(0.5) ? lease_ms : chance.between(0, 3000), () => {
      if (over || !(stage.attacking || elects)) return;
      if (elects) {
        if (dead === leader) leader = start();
        else if (dead === standby) standby = start();
        return;
      }
      if (dead === leader) succeed();
      else if (dead === standby) standby = start();
    });
  };

  let leader = start();
  let standby = faults.has('Standby') ? start() : undefined;
  if (!elects) leader.lead();

  const succeed = (): void => {
    if (elects) return;
    leader = standby ?? start();
    standby = faults.has('Standby') ? start() : undefined;
    leader.lead();
    say('it leads');
  };

  const present = (): SimProcess => (standby?.isLeading() === true ? standby : leader);

  return {
    leader: present,
    succeed,
    setClocksRight: () => {
      for (const { machine } of processes) machine.skew_ms = 0;
    },
    killAll,
    isGivenUp: () => givenUp,
    depose: async () => {
      const deposed = present();
      counts.depositions += 1;
      say('the leader stands still');
      oracles.absent();
      deposed.machine.pause();
      await sleep(clock, lease_ms + chance.between(0, 5000));
      if (deposed.machine.life.isDead()) return;
      if (!elects && deposed !== leader) return;
      succeed();
      await sleep(clock, chance.between(0, 20_000));
      say('the deposed leader comes back');
      oracles.absent();
      deposed.machine.resume();
      if (elects) return;
      // As long as a leader may go on that has lost its lease.
      await sleep(clock, chance.between(0, 2000));
      deposed.machine.life.kill();
    },
  };
}
