/**
 * The three processes of one control plane: each may be killed and started again while the others run.
 *
 * Knows the order and the states, not the flags (command-lines.ts) and not what the cluster is used for.
 */
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { commandLine, type ComponentName, componentNames, type Site } from './command-lines.ts';
import { type Component, isRunning, startComponent } from './component.ts';
import { until } from './condition.ts';

type EndingSignal = 'SIGTERM' | 'SIGKILL';
/** A stopped process keeps its connections and answers nothing, until it is continued or killed. */
type PausingSignal = 'SIGSTOP' | 'SIGCONT';

export interface Processes {
  /** Undefined while the component is down. */
  readonly pid: (name: ComponentName) => number | undefined;
  /**
   * Resolves when the present process of the component ends, with how it ended and the last lines of its log.
   *
   * @throws Error when the component is down
   */
  readonly ended: (name: ComponentName) => Promise<string>;
  /**
   * Sends the signal; resolves when the process has ended, or at once for SIGSTOP and SIGCONT.
   *
   * @throws Error when the component is down, or has not ended 90 s after the signal
   */
  readonly kill: (name: ComponentName, signal: EndingSignal | PausingSignal) => Promise<void>;
  /**
   * Starts a component that is down; resolves when it is ready.
   *
   * @throws Error when it runs already, or with the end of its log when it does not become ready
   */
  readonly start: (name: ComponentName) => Promise<void>;
  /**
   * The signal (SIGTERM by default: about 1 s for kube-apiserver, 7 s for etcd), the end, a start. The data, the
   * address and the certificate stay.
   */
  readonly restart: (name: ComponentName, signal?: EndingSignal) => Promise<void>;
  /** Ends what runs, by SIGKILL: etcd loses nothing by it, and nothing else has anything to lose. */
  readonly killAll: () => Promise<void>;
}

// kube-apiserver lets requests in flight finish, for up to a minute.
const end_max_ms = 90_000;

/** Nothing is started yet. */
export function createProcesses(site: Site): Processes {
  const running = new Map<ComponentName, Component>();

  const present = (name: ComponentName): Component => {
    const component = running.get(name);
    if (component === undefined)
      throw new Error(`expected ${name} to run, but it is down: start('${name}') first`);
    return component;
  };

  const start = async (name: ComponentName): Promise<void> => {
    if (running.has(name)) throw new Error(`expected ${name} to be down, but it runs: kill it first`);
    const { ready, ...line } = commandLine(name, site);
    const component = await startComponent({ name, folder: site.folder.path, ...line });
    running.set(name, component);
    void component.ended.then(() => running.delete(name));
    await until({ expected: `${name} to become ready`, look: ready, component });
  };

  const kill = async (name: ComponentName, signal: EndingSignal | PausingSignal): Promise<void> => {
    const component = present(name);
    component.kill(signal);
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return;
    const giveUp = new AbortController();
    const tooLong = delay(end_max_ms, `still running after ${end_max_ms / 1000} s`, {
      signal: giveUp.signal,
    });
    const how = await Promise.race([component.ended.then(() => 'ended'), tooLong]);
    giveUp.abort();
    if (how !== 'ended') throw new Error(`expected ${name} to end on ${signal}, but it is ${how}`);
  };

  return {
    pid: (name) => running.get(name)?.pid,
    ended: async (name) => {
      const component = present(name);
      return `${name} ended with ${await component.ended}. Its last lines:\n${component.logTail()}`;
    },
    kill,
    start,
    restart: async (name, signal = 'SIGTERM') => {
      await kill(name, signal);
      await start(name);
    },
    killAll: async () => {
      for (const name of componentNames.toReversed()) if (running.has(name)) await kill(name, 'SIGKILL');
    },
  };
}

/**
 * Makes sure that no process of an earlier control plane works in the folder, and forgets those that are gone:
 * their pids may belong to somebody else by now.
 *
 * @throws Error when one of them is alive
 */
export async function requireUnused(folder: string): Promise<void> {
  for (const file of await readdir(folder)) {
    if (!file.endsWith('.pid')) continue;
    const path = join(folder, file);
    const pid = Number(await readFile(path, 'utf8'));
    if (isRunning(pid)) {
      throw new Error(
        `expected ${folder} not to be in use, but process ${pid} of ${file} is alive: ` +
          'stop the control plane that it belongs to, or delete the file if it is something else',
      );
    }
    await rm(path);
  }
}
