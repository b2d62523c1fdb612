/**
 * The last round as metrics for the node exporter's textfile collector: a job that has ended cannot be scraped.
 *
 * Must not know how the round went about it.
 */
import { chmod, rename, rm, writeFile } from 'node:fs/promises';
import { exitCodeOf, type Round, standing } from './round.ts';

/** Prometheus' text format. */
export function metricsOf(round: Round, now_ms: number, duration_ms: number): string {
  const overdue_ms = standing(round).map((one) => one.overdue_ms ?? 0);
  const gauges = [
    ['last_run_timestamp_seconds', 'When the last run of the reaper ended.', now_ms / 1000],
    ['duration_seconds', 'How long it took.', duration_ms / 1000],
    ['complete', 'Whether it could look at everything: 1 or 0.', round.failures.length === 0 ? 1 : 0],
    ['exit_code', 'Its exit code.', exitCodeOf(round)],
    ['managed_bindings', "Curfew's bindings that it saw.", round.managed],
    ['past_bindings', 'Those that were past their end: the operator did not end them.', round.reaped.length],
    ['standing_bindings', 'Those that were past their end and still stand.', overdue_ms.length],
    [
      'standing_seconds_max',
      'How long past its end the oldest that still stands is.',
      Math.max(0, ...overdue_ms) / 1000,
    ],
    ['foreign_bindings', "Bindings with Curfew's label that are not Curfew's by name.", round.foreign],
  ] as const;
  return gauges
    .map(([name, help, value]) => {
      const metric = `curfew_reaper_${name}`;
      return `# HELP ${metric} ${help}\n# TYPE ${metric} gauge\n${metric} ${value}\n`;
    })
    .join('');
}

/**
 * Replaces the file as a whole, since the exporter may read at any moment. The temporary name does not end in .prom.
 *
 * @throws Error when it cannot be written
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${process.pid}`;
  try {
    // What a crashed run left; and never through a link that somebody has put there.
    await rm(temporary, { force: true });
    await writeFile(temporary, text, { flag: 'wx' });
    await chmod(temporary, 0o644);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
