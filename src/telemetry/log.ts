/**
 * The log: JSON lines on standard output. Lines with `audit: true` are the durable trail: one for each step of a grant's
 * life, with an `id` that is the same when a step is told again after a crash.
 *
 * Must not know where the lines are kept, nor anything of the other rooms but the shape of what it writes.
 */
import { type Logger, pino } from 'pino';

export type { Logger } from 'pino';

/** Levels as pino has them. */
export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** Creates the process's logger. Times are RFC 3339; errors keep their cause. */
export function createLogger(level: LogLevel, destination?: { write: (line: string) => void }): Logger {
  const options = {
    level,
    base: null,
    messageKey: 'message',
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    // No object with credentials is ever logged; this is a second line of defence, one level deep.
    redact: ['*.token', '*.authorization', '*.Authorization', '*.password'],
  };
  return destination === undefined ? pino(options) : pino(options, destination);
}

/** One step of the trail, as a line. `facts` and `entry` are written as they are: JSON escapes what users wrote. */
export function logStep(
  logger: Logger,
  line: {
    readonly id: string;
    readonly grant: object;
    readonly step: string;
    readonly by?: string | undefined;
    readonly reason?: string | undefined;
    readonly note: string;
  },
): void {
  const { note, ...fields } = line;
  // Whatever level the rest of the log has: no access without a trail.
  logger.child({}, { level: 'info' }).info({ audit: true, ...fields }, note);
}
