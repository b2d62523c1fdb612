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
import { chooseFaults, type FaultClass } from './faults.ts';
import { createOracles, type Oracles } from './oracles.ts';

export interface Stage {
  readonly chance: Chance;
  readonly clock: VirtualClock;
  readonly faults: ReadonlySet<FaultClass>;
  readonly oracles: Oracles;
  readonly cluster: SimCluster;
  readonly trail: Trail;
  readonly counts: { writes: number; crashes: number; depositions: number; hands: number };
  /** Whether faults happen at all; ends once. */
  attacking: boolean;
  /** Whether faults of this class happen now. */
  readonly suffers: (fault: FaultClass) => boolean;
  readonly say: (line: string) => void;
}

/** `print` is told every write and every step. */
export async function createStage(seed: number, print?: (line: string) => void): Promise<Stage> {
  const chance = createChance(seed);
  const faults = chooseFaults(chance);
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
      if (!change.collection.startsWith('events')) say(`  ${wordsOf(change)}`);
      oracles.onChange(change);
    },
  });
  const stage: Stage = {
    chance,
    clock,
    faults,
    oracles,
    cluster,
    trail,
    counts: { writes: 0, crashes: 0, depositions: 0, hands: 0 },
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
