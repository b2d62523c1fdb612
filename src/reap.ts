/**
 * `curfew reap`, the dead-man's switch: ends what is past its end when nobody else does. It shares no machinery with the operator
 * and needs neither CRDs nor grants, only the marks on the bindings themselves.
 *
 * Small enough to be read in one sitting, together with reaper/.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connectionsMax, openLine } from './reaper/ask.ts';
import { createCluster } from './reaper/cluster.ts';
import { type Flags, readFlags } from './reaper/flags.ts';
import { eachOf, exitCodeOf, type Reaped, type Round, runRound } from './reaper/round.ts';
import { metricsOf, replaceFile } from './reaper/textfile.ts';
import { createTime } from './reaper/time.ts';
import { eventOf, type Line, lineOfReaped, lineOfRound } from './reaper/words.ts';

/** Telling people must not keep the next round waiting. */
const tellingMax_ms = 5_000;
const wait = (delay_ms: number): Promise<void> => delay(delay_ms);

const time = createTime({ wall: () => Date.now(), monotonic: () => performance.now() });

function say({ level, message, ...fields }: Line): void {
  const line = { level, time: new Date(time.now()).toISOString(), message, ...fields };
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

interface Run {
  readonly code: number;
  /** Resolves when people have been told, as far as they can be. Never rejects. */
  readonly told: Promise<void>;
}

/** Looks, deletes, says so. Never rejects. */
async function reapOnce(flags: Flags): Promise<Run> {
  const started_ms = performance.now();
  const { round, told } = await roundOf(flags);
  const duration_ms = performance.now() - started_ms;
  say(lineOfRound(round, duration_ms));
  const code = exitCodeOf(round);
  if (flags.textfile === undefined) return { code, told };
  try {
    await replaceFile(flags.textfile, metricsOf(round, time.now(), duration_ms));
    return { code, told };
  } catch (error) {
    say({ level: 'error', message: 'the textfile could not be written', why: wordsOf(error) });
    // Whoever is alerted by it would be alerted by nothing.
    return { code: code === 3 ? 3 : 1, told };
  }
}

async function roundOf(flags: Flags): Promise<{ readonly round: Round; readonly told: Promise<void> }> {
  try {
    const line = openLine(flags);
    const cluster = createCluster(line.ask, time.heard, wait);
    const options = { cluster, now: time.now, all: flags.all, dryRun: flags.dryRun, atATime: connectionsMax };
    const round = await runRound({ ...options, onReaped: (reaped) => say(lineOfReaped(reaped)) });
    const told = tellPeople(round.reaped, cluster.tell).finally(line.close);
    return { round, told };
  } catch (error) {
    const { all } = flags;
    const round = { managed: 0, foreign: 0, reaped: [], failures: [wordsOf(error)], all };
    return { round, told: Promise.resolve() };
  }
}

/** Best effort: whoever cannot be told reads the log. */
async function tellPeople(
  reaped: readonly Reaped[],
  tell: (namespace: string, event: object) => Promise<void>,
): Promise<void> {
  const until_ms = performance.now() + tellingMax_ms;
  const events = reaped.map((one) => eventOf(one, time.now())).filter((event) => event !== undefined);
  const failures: string[] = [];
  await eachOf(events, connectionsMax, async ({ namespace, event }) => {
    if (performance.now() > until_ms) failures.push('there was no time left');
    else await tell(namespace, event).catch((error: unknown) => failures.push(wordsOf(error)));
  });
  if (failures.length === 0) return;
  const [first] = failures;
  say({ level: 'warn', message: 'Events could not be written', count: failures.length, first });
}

/** From start to start, however long a round takes and whoever is still being told; ends between rounds when told to. */
async function reapAgainAndAgain(flags: Flags, interval_ms: number): Promise<Run> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort());
  for (;;) {
    const started_ms = performance.now();
    const run = await reapOnce(flags);
    const rest_ms = Math.max(0, started_ms + interval_ms - performance.now());
    await delay(rest_ms, undefined, { signal: stop.signal }).catch(() => {});
    if (stop.signal.aborted) return run;
  }
}

const flags = readFlags(process.argv.slice(2));
if (flags === undefined) process.exitCode = 1;
else {
  const { interval_ms } = flags;
  const run = interval_ms === undefined ? reapOnce(flags) : reapAgainAndAgain(flags, interval_ms);
  const { code, told } = await run;
  await told;
  process.exitCode = code;
}
