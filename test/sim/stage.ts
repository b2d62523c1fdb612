/**
 * What one simulation is played on: clock, chance, cluster, oracles, and what may go wrong. The same seed makes the same stage.
 *
 * Must not know who plays.
 */
import type { Trail } from '../../src/controller/trail.ts';
import { start_ms } from '../domain/fixtures.ts';
import type { Change } from '../fake/storage.ts';
import { createVirtualClock, type VirtualClock } from '../runtime/virtual-clock.ts';
import { type Chance, createChance } from './chance.ts';
import { createSimCluster, type SimCluster } from './cluster.ts';
import { chooseFaults, type Crash, type FaultClass, type Task } from './faults.ts';
import { installGuard, type SimGuard } from './guard.ts';
import { createOracles, type Oracles } from './oracles.ts';

export interface Stage {
  readonly chance: Chance;
  readonly clock: VirtualClock;
  readonly faults: ReadonlySet<FaultClass>;
  readonly crash: Crash | undefined;
  readonly oracles: Oracles;
  readonly cluster: SimCluster;
  /** Undefined where nobody touches it: then it is taken for granted. */
  readonly guard: SimGuard | undefined;
  readonly trail: Trail;
  readonly counts: {
    writes: number;
    crashes: number;
    depositions: number;
    hands: number;
    gaps: number;
  };
  /** Whether faults happen at all; ends once. */
  attacking: boolean;
  /** Whether faults of this class happen now. */
  readonly suffers: (fault: FaultClass) => boolean;
  readonly say: (line: string) => void;
}

/** `print` is told every write and every step. */
export async function createStage(
  { seed, crash }: Task,
  print: ((line: string) => void) | undefined,
): Promise<Stage> {
  const chance = createChance(seed);
  const chosen = chooseFaults(chance);
  const faults = crash === undefined ? chosen : new Set<FaultClass>(['Crash']);
  const clock = createVirtualClock(start_ms);
  const oracles = createOracles(clock);
  const say = (line: string): void => print?.(`${(clock.monotonic() / 1000).toFixed(3).padStart(8)} ${line}`);
  const trail: Trail = {
    tell: (id, { uid, name }, { step, reason }) => {
      say(`${name} ${step} ${reason ?? ''}`);
      oracles.tell(uid, step, id);
    },
    nameTaken: () => {},
    endedByOthers: () => {},
    problem: () => {},
  };
  const cluster = await createSimCluster({
    clock,
    authorizerLag_ms: faults.has('Authorizer') ? chance.between(1, 3000) : 0,
    onChange: (change) => {
      if (!/^(events|leases)\./.test(change.collection)) say(`  ${wordsOf(change)}`);
      oracles.onChange(change);
    },
  });
  const guard = faults.has('Guard')
    ? await installGuard(cluster, clock, chance, (what) => {
        say(`a gap of the guard ${what.toLowerCase()}`);
        oracles.gap(what);
      })
    : undefined;
  const stage: Stage = {
    chance,
    clock,
    faults,
    crash,
    oracles,
    cluster: guard === undefined ? cluster : { ...cluster, api: guard.api },
    guard,
    trail,
    counts: { writes: 0, crashes: 0, depositions: 0, hands: 0, gaps: 0 },
    attacking: true,
    suffers: (fault) => stage.attacking && faults.has(fault),
    say,
  };
  return stage;
}

function wordsOf({ collection, before, after }: Change): string {
  const what = after === undefined ? 'deleted' : before === undefined ? 'created' : 'changed';
  const status = after?.['status'] as { phase?: string } | undefined;
  return `${what} ${collection.split('.')[0]} ${(after ?? before)?.metadata.name} ${status?.phase ?? ''}`;
}
