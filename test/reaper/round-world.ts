/** A round against a scripted API server. Must not know what is expected of it. */
import type { Answer } from '../../src/reaper/ask.ts';
import { createCluster } from '../../src/reaper/cluster.ts';
import { exitCodeOf, type Reaped, runRound } from '../../src/reaper/round.ts';
import { createTime } from '../../src/reaper/time.ts';
import { list, now_ms, scripted } from './bindings.ts';

export const rbac = '/apis/rbac.authorization.k8s.io/v1';
export const roleBindings = `GET ${rbac}/rolebindings`;
export const clusterRoleBindings = `GET ${rbac}/clusterrolebindings`;
export const past = '2026-03-02T09:59:00Z';
export const ahead = '2026-03-02T10:00:05Z';

interface Round {
  readonly result: Awaited<ReturnType<typeof runRound>>;
  /** `VERB path`, and what was sent with it. */
  readonly asked: readonly string[];
  readonly bodies: ReturnType<typeof scripted>['bodies'];
  readonly deleted: readonly string[];
  /** In milliseconds, between attempts. */
  readonly waits: readonly number[];
  readonly said: readonly Reaped[];
  readonly code: number;
}

type Script = Readonly<Record<string, readonly (Answer | Error)[]>>;

/** One round of the reaper, and everything that came of it. Nothing is there but what the script says. */
export async function round(
  script: Script,
  { dryRun = false, all = false, wall_ms = now_ms } = {},
): Promise<Round> {
  const { ask, asked, bodies } = scripted({
    [clusterRoleBindings]: [list([])],
    [roleBindings]: [list([])],
    ...script,
  });
  const time = createTime({ wall: () => wall_ms, monotonic: () => 0 });
  const waits: number[] = [];
  const cluster = createCluster(ask, time.heard, async (delay_ms) => void waits.push(delay_ms));
  const said: Reaped[] = [];
  const result = await runRound({
    cluster,
    now: time.now,
    all,
    dryRun,
    atATime: 4,
    onReaped: (reaped) => said.push(reaped),
  });
  const deleted = asked.filter((request) => request.startsWith('DELETE'));
  return { result, asked, bodies, deleted, waits, said, code: exitCodeOf(result) };
}
