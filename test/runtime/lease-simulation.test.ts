/**
 * Elections in a hostile world, one for each seed. First it attacks: there must never be two leaders. Then it heals: soon
 * there must be exactly one.
 *
 * What "two leaders" means: two processes that run, are inside `lead`, and whose leadership has not been ended, at one
 * instant. A *paused* process is no leader here though it has not noticed: it cannot do anything. The bound that holds for
 * it: after it runs again it does no further work, since `stillLeading` is asked before each write and compares the clock,
 * not the timers. Only a write that it had handed on before the pause may still land. The bound on clocks: their rates may
 * differ by as much as the lease is longer than the renew deadline (a third), and they must go on during a pause.
 */
import { expect, it } from 'vitest';
import { runLeaderElection } from '../../src/runtime/lease.ts';
import { createLeaseServer, leaseRef, type LeaseServer } from './lease-server.ts';
import { connect, createProcess, type Network, type Process } from './lease-world.ts';
import { createRandom } from './random.ts';
import { createVirtualClock, settled, type VirtualClock } from './virtual-clock.ts';

const long = process.env['CURFEW_TEST_LONG'] !== undefined;
const seeds = long ? 5_000 : 300;
const attack_ms = 120_000;
/** A lease, two retries with the whole of their jitter (one to see the last record, one to find it expired), the network. */
const healing_ms = 15_000 + 2 * 2_000 * 2.2 + 1_000;

interface Candidate {
  readonly identity: string;
  readonly process: Process;
  readonly stop: AbortController;
  standing: 'Waiting' | 'Leading' | 'Over';
  aborts: number;
}

interface World {
  readonly clock: VirtualClock;
  readonly random: () => number;
  readonly server: LeaseServer;
  readonly network: Network;
  readonly candidates: Candidate[];
  terms: number;
}

const isLeading = ({ standing, process }: Candidate): boolean =>
  standing === 'Leading' && process.state() === 'Running';
const leaders = (world: World): readonly string[] =>
  world.candidates.filter(isLeading).map(({ identity }) => identity);

/** Called at every moment at which somebody begins to lead, or works. */
function expectAlone(world: World, { identity }: Candidate): void {
  expect(leaders(world), `at ${world.clock.monotonic()} ms`).toEqual([identity]);
}

/** Works now and then, as long as it may; takes its time to stop when it is told to. */
async function work(
  world: World,
  candidate: Candidate,
  { signal, stillLeading }: { signal: AbortSignal; stillLeading: () => boolean },
): Promise<void> {
  const { clock } = candidate.process;
  signal.addEventListener('abort', () => {
    candidate.aborts += 1;
    if (!stillLeading()) candidate.standing = 'Over';
  });
  const wait = (): Promise<void> => new Promise((resolve) => clock.after(world.random() * 700, resolve));
  let stopping = Math.floor(world.random() * 6);
  while (stillLeading()) {
    expectAlone(world, candidate);
    if (signal.aborted && stopping-- === 0) break;
    await wait();
  }
  candidate.standing = 'Over';
}

function join(world: World): void {
  const { clock, random, server, network, candidates } = world;
  const process = createProcess(clock, random, (random() - 0.5) * 7_200_000);
  const candidate: Candidate = {
    identity: `candidate-${candidates.length}`,
    process,
    stop: new AbortController(),
    standing: 'Waiting',
    aborts: 0,
  };
  candidates.push(candidate);
  const run = async (): Promise<void> => {
    const outcome = await runLeaderElection({
      api: connect(server, { world: clock, process, network }),
      clock: process.clock,
      lease: leaseRef,
      identity: candidate.identity,
      signal: candidate.stop.signal,
      lead: async (signal, stillLeading) => {
        candidate.standing = 'Leading';
        world.terms += 1;
        expectAlone(world, candidate);
        await work(world, candidate, { signal, stillLeading });
      },
    });
    candidate.standing = 'Over';
    if (outcome === 'Lost') expect(candidate.aborts).toBe(1);
    process.kill();
    // The kubelet starts it again.
    clock.after(1_000 * random(), () => join(world));
  };
  run().catch((error: unknown) => failures.push(error));
}

/** What failed inside of a process, which nobody awaits. */
const failures: unknown[] = [];

function createWorld(seed: number): World & { heal: () => void; strike: () => void } {
  const random = createRandom(seed);
  const on = (): boolean => random() < 0.6;
  // Each seed has some classes of fault only: too many at once hide each other.
  const faults = {
    slow: on(),
    lossy: on(),
    resets: on(),
    pauses: on(),
    deletes: on(),
    stops: on(),
    kills: on(),
  };
  let healed = false;
  const network: Network = {
    delay_ms: () => (healed || !faults.slow || random() > 0.15 ? 5 + random() * 200 : random() ** 3 * 14_000),
    fate: () => {
      if (healed) return 'Arrives';
      const dice = random();
      if (faults.lossy && dice < 0.1) return dice < 0.05 ? 'RequestLost' : 'ReplyLost';
      return faults.resets && dice > 0.9 ? 'Reset' : 'Arrives';
    },
  };
  const clock = createVirtualClock();
  const world: World = { clock, random, server: createLeaseServer(), network, candidates: [], terms: 0 };
  const alive = (): Candidate[] => world.candidates.filter(({ process }) => process.state() !== 'Killed');
  const pick = (): Candidate | undefined => {
    const some = alive();
    // The leader is the interesting one.
    const leader = some.find(({ standing }) => standing === 'Leading');
    return leader !== undefined && random() < 0.7 ? leader : some[Math.floor(random() * some.length)];
  };
  const strike = (): void => {
    const dice = random();
    const victim = pick();
    if (dice < 0.4 && faults.pauses) victim?.process.pause(random() * 12_000);
    else if (dice < 0.6 && faults.deletes) {
      world.server.delete();
      if (random() < 0.3) clock.after(random() * 3_000, world.server.delete);
    } else if (dice < 0.75 && faults.stops && victim !== undefined) {
      victim.process.enter(() => victim.stop.abort(new Error('SIGTERM')));
    } else if (dice < 0.85 && faults.kills && victim !== undefined) {
      victim.process.kill();
      clock.after(random() * 5_000, () => join(world));
    } else if (dice > 0.95) world.server.touch();
  };
  return Object.assign(world, {
    strike,
    heal: () => {
      healed = true;
    },
  });
}

async function simulate(seed: number): Promise<number> {
  failures.length = 0;
  const world = createWorld(seed);
  for (let count = 2 + (seed % 2); count > 0; count -= 1) join(world);
  for (let passed_ms = 0; passed_ms < attack_ms; ) {
    const step_ms = world.random() * 6_000;
    await world.clock.advance(step_ms);
    expect(leaders(world).length, `leaders of seed ${seed}`).toBeLessThan(2);
    world.strike();
    passed_ms += step_ms;
  }
  world.heal();
  // Pauses and messages that are under way end first.
  await world.clock.advance(14_000);
  await world.clock.advance(healing_ms);
  expect(leaders(world), `leaders of seed ${seed} after healing`).toHaveLength(1);
  const [leader] = leaders(world);
  await world.clock.advance(30_000);
  expect(leaders(world), 'the leader stays').toEqual([leader]);
  expect(world.server.lease()?.spec?.holderIdentity).toBe(leader);
  await settled();
  expect(failures).toEqual([]);
  return world.terms;
}

it(`an election in a hostile world never has two leaders, and one soon after it heals: ${seeds} seeds`, {
  timeout: 900_000,
}, async () => {
  let terms = 0;
  for (let seed = 1; seed <= seeds; seed += 1) terms += await simulate(seed);
  // Otherwise nothing was tried.
  expect(terms).toBeGreaterThan(seeds * 2);
});
