/**
 * A computer that one process runs on: a clock that may be wrong, timers that stop with the process, and whether it runs, stands
 * still as by SIGSTOP, or is dead.
 *
 * Must not know what runs on it.
 */
import type { Clock } from '../../src/runtime/clock.ts';
import type { VirtualClock } from '../runtime/virtual-clock.ts';

/** Whether the process runs, for whatever acts in its name. */
export interface Life {
  /** Resolves while it runs, waits while it is stopped, and for ever when it is dead. */
  readonly gate: () => Promise<void>;
  readonly isRunning: () => boolean;
  readonly isDead: () => boolean;
  readonly kill: () => void;
  /** Calls when it dies: its connections are cut. Returns what takes that back. */
  readonly onDeath: (cut: () => void) => () => void;
}

export interface Machine {
  readonly life: Life;
  readonly clock: Clock;
  /** How far its wall clock is ahead, in milliseconds; may be set at any time. */
  skew_ms: number;
  readonly isRunning: () => boolean;
  readonly pause: () => void;
  /** Everything that was due in the meantime comes at once. */
  readonly resume: () => void;
  /** Timers that are set. */
  readonly timers: () => number;
}

export interface MachineOptions {
  readonly clock: VirtualClock;
  readonly random: () => number;
  /** Told that the process works without letting time pass; it is dead then. */
  readonly onLivelock: (error: Error) => void;
}

/** Far more often than any work asks for the time in one moment. */
const looksMax = 30_000;

/** Runs at once, with a clock that is right. */
export function createMachine({ clock, random, onLivelock }: MachineOptions): Machine {
  let state: 'Running' | 'Stopped' | 'Dead' = 'Running';
  let continued = Promise.withResolvers<void>();
  let wakes: (() => void)[] = [];
  const timers = new Set<() => void>();
  const cuts = new Set<() => void>();
  const isStopped = (): boolean => state === 'Stopped';
  const isRunning = (): boolean => state === 'Running';

  const life: Life = {
    gate: async () => {
      // It may be stopped again before we are through.
      while (isStopped()) await continued.promise;
      // One of its own: what waits on a promise that is shared and never settles is never freed.
      if (state === 'Dead') await new Promise<never>(() => {});
    },
    isRunning,
    isDead: () => state === 'Dead',
    kill: () => {
      state = 'Dead';
      for (const cancel of timers) cancel();
      for (const cut of cuts) cut();
      timers.clear();
      cuts.clear();
      wakes = [];
    },
    onDeath: (cut) => {
      cuts.add(cut);
      return () => void cuts.delete(cut);
    },
  };

  /** Throws where the process asks for the time again and again in one moment: it would never end. */
  const guardTime = createTimeGuard(clock, (error) => {
    life.kill();
    onLivelock(error);
  });
  const after: Clock['after'] = (delay_ms, wake) => {
    let due = true;
    const ring = (): void => {
      if (isStopped()) wakes.push(ring);
      else if (due && state === 'Running') wake();
    };
    const cancel = clock.after(delay_ms, () => {
      timers.delete(cancel);
      ring();
    });
    timers.add(cancel);
    return () => {
      due = false;
      timers.delete(cancel);
      cancel();
    };
  };

  const machine: Machine = {
    life,
    skew_ms: 0,
    clock: {
      now: () => {
        guardTime();
        return clock.now() + machine.skew_ms;
      },
      monotonic: clock.monotonic,
      random,
      after,
    },
    isRunning,
    pause: () => {
      if (state === 'Running') state = 'Stopped';
    },
    resume: () => {
      if (!isStopped()) return;
      state = 'Running';
      const late = wakes;
      wakes = [];
      continued.resolve();
      continued = Promise.withResolvers();
      for (const wake of late) wake();
    },
    timers: () => timers.size,
  };
  return machine;
}

function createTimeGuard(clock: Clock, onLivelock: (error: Error) => void): () => void {
  let looked_ms = 0;
  let looks = 0;
  return () => {
    looks = clock.monotonic() === looked_ms ? looks + 1 : 0;
    looked_ms = clock.monotonic();
    if (looks <= looksMax) return;
    const error = new Error('it works without end, and no time passes');
    onLivelock(error);
    throw error;
  };
}
