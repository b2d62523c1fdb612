/**
 * Tells a connection on which nothing happens from one that is dead: after a silence the peer is asked for a sign of life, and when
 * none comes the connection is given up. The times are those of client-go, so that a dead connection is noticed within 45 s.
 *
 * Must not know what the connection carries, nor how its peer is asked.
 */
import type { Clock } from '../runtime/clock.ts';

export interface Heartbeat {
  /** The peer gave a sign of life. */
  readonly hear: () => void;
  /** The connection is over. Must be called. */
  readonly stop: () => void;
}

export interface HeartbeatOptions {
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  /** Asks for a sign of life, to be told to `hear`. */
  readonly ask: () => void;
  /** Called once, if at all. */
  readonly onDead: (silence_ms: number) => void;
}

const silenceMax_ms = 30_000;
const answerMax_ms = 15_000;

export function startHeartbeat({ clock, ask, onDead }: HeartbeatOptions): Heartbeat {
  let heard_ms = clock.monotonic();
  let asking = false;
  let cancel: (() => void) | undefined;

  // Hearing something only moves the end of the silence away, so the timer looks again when it fires.
  const listen = (): void => {
    const left_ms = heard_ms + silenceMax_ms - clock.monotonic();
    if (left_ms > 0) cancel = clock.after(left_ms, listen);
    else expectAnswer();
  };
  const expectAnswer = (): void => {
    asking = true;
    cancel = clock.after(answerMax_ms, () => onDead(clock.monotonic() - heard_ms));
    ask();
  };
  listen();

  return {
    hear: () => {
      heard_ms = clock.monotonic();
      if (!asking) return;
      asking = false;
      cancel?.();
      listen();
    },
    stop: () => {
      asking = false;
      cancel?.();
    },
  };
}
