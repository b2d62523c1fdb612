/**
 * Runs kubectl on many manifests at a time and finds out what it said about each: 60 rows take as long as three
 * processes.
 *
 * Must not know what is expected.
 */
import { kubectl, type KubectlResult, type KubectlTarget } from '../../controlplane/kubectl.ts';
import { documents } from '../cluster.ts';
import type { Manifest } from './good-objects.ts';

/** The manifests under names that kubectl's answers can be told apart by. */
export const numbered = (manifests: readonly Manifest[], prefix: string): readonly Manifest[] =>
  manifests.map((manifest, index) => ({
    ...manifest,
    metadata: { ...manifest.metadata, name: `${prefix}-${index}` },
  }));

/** kubectl slows itself down after 300 requests, and `replace` makes three for each manifest. */
const batch = 60;
const workers = 3;

/**
 * Runs `kubectl <args> -f -` on all manifests, each of which has a name of its own.
 *
 * @returns what kubectl said about each manifest, on stdout when it was accepted and on stderr when it was refused
 */
export async function answers(
  target: KubectlTarget,
  args: readonly string[],
  manifests: readonly Manifest[],
): Promise<readonly string[]> {
  const results = await inBatches(target, args, { manifests, size: batch });
  // An answer may go on in lines of its own, each beginning with a star.
  const lines = results.flatMap(({ stdout, stderr }) => [...stdout.split('\n'), ...stderr.split(/\n(?!\*)/)]);
  return manifests.map(({ metadata: { name } }) => {
    const naming = new RegExp(`["/]${name}[" ]`);
    const own = lines.filter((line) => naming.test(line));
    if (own.length > 0) return own.join('\n');
    throw new Error(`expected kubectl ${args.join(' ')} to mention ${name}, it said: ${lines.join('\n')}`);
  });
}

/** The same, each manifest alone: some refusals do not name the object. */
export async function answersOneByOne(
  target: KubectlTarget,
  args: readonly string[],
  manifests: readonly Manifest[],
): Promise<readonly string[]> {
  const results = await inBatches(target, args, { manifests, size: 1 });
  return results.map(({ stdout, stderr }) => stdout + stderr);
}

interface Batches {
  readonly manifests: readonly Manifest[];
  /** Manifests for one kubectl. */
  readonly size: number;
}

/** Some kubectls at a time; results in the order of the manifests. */
async function inBatches(
  target: KubectlTarget,
  args: readonly string[],
  { manifests, size }: Batches,
): Promise<readonly KubectlResult[]> {
  const inputs = Array.from({ length: Math.ceil(manifests.length / size) }, (_, index) =>
    documents(manifests.slice(index * size, (index + 1) * size)),
  );
  const results: KubectlResult[] = [];
  const queue = inputs.entries();
  const work = async (): Promise<void> => {
    for (const [index, input] of queue) {
      results[index] = await kubectl(target, [...args, '-f', '-'], { input, allowFailure: true });
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return results;
}
