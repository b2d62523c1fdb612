/**
 * A crowd: many grants, over several namespaces, whose access ends in the same second.
 *
 * Must not know what is measured.
 */
import type { Life } from './life.ts';
import { inSeconds, setStage, type Stage, type Theatre } from './stage.ts';

export interface Crowd {
  readonly lives: readonly Life[];
  /** When the access of all ends; wall time in milliseconds. */
  readonly end_ms: number;
  /** How many bindings there are. */
  readonly bindings: () => Promise<number>;
}

const stages = 10;
/** So many, to see how fast this machine is. */
const sample = 30;
/** For all to be Active, or over. */
const patience_ms = 200_000;
/** However fast it seems, in seconds. */
const grace_s = 8;

/**
 * Brings so many grants to Active under policies that want no approval, as GitOps has it.
 *
 * @throws Error when not all of them are Active by the time they end
 */
export async function gatherCrowd(theatre: Theatre, size: number): Promise<Crowd> {
  const everywhere = await Promise.all(Array.from({ length: stages }, () => setStage(theatre)));
  const approval = { required: 0, timeout: '24h', selfApproval: 'Forbidden' } as const;
  for (const stage of everywhere) await stage.writePolicy({ approval, expiration: 'AbsoluteRequired' });
  const started_ms = performance.now();
  const early = await activate(everywhere, sample, inSeconds(3600));
  const each_s = (performance.now() - started_ms) / 1000 / sample;
  for (const life of early) await life.say('alice', 'Withdrawn');
  await Promise.all(early.map((life) => life.shows('over')));

  const notAfter = inSeconds(grace_s + 1.6 * each_s * size);
  return {
    lives: await activate(everywhere, size, notAfter),
    end_ms: Date.parse(notAfter),
    bindings: async () => (await Promise.all(everywhere.map((stage) => stage.bindings()))).flat().length,
  };
}

async function activate(
  everywhere: readonly Stage[],
  size: number,
  notAfter: string,
): Promise<readonly Life[]> {
  const askAll = async (stage: Stage): Promise<readonly Life[]> => {
    const lives: Life[] = [];
    for (let n = 0; n < size / everywhere.length; n += 1) {
      lives.push(await stage.ask({ ...stage.underOwnPolicy, notAfter }));
    }
    return lives;
  };
  const lives = (await Promise.all(everywhere.map(askAll))).flat();
  await Promise.all(lives.map((life) => life.shows('access proved', { patience_ms })));
  return lives;
}
