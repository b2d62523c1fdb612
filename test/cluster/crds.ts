/**
 * Puts the generated CustomResourceDefinitions into a cluster and waits until they really serve.
 *
 * Must not know the guard, nor who runs the cluster.
 */
import { join } from 'node:path';
import { type KindDefinition, kinds } from '../../src/domain/kinds.ts';
import { kubectl, type KubectlResult, type KubectlTarget } from '../controlplane/kubectl.ts';
import { eventually } from './eventually.ts';

const crds = join(import.meta.dirname, '../../crds');

/**
 * Applies crds/; resolves with kubectl's answer once requests for each kind are answered. `Established` comes a moment
 * before that.
 *
 * @throws Error when the API server refuses a definition or does not serve it within 30 s
 */
export async function applyCrds(target: KubectlTarget): Promise<KubectlResult> {
  const applied = await kubectl(target, ['apply', '--server-side', '-f', crds]);
  const names = kinds.map(({ plural, group }) => `crd/${plural}.${group}`);
  await kubectl(target, ['wait', '--for=condition=Established', '--timeout=30s', ...names]);
  // All at once: the first request for a kind takes a second, in which its storage is opened.
  await Promise.all(kinds.map((kind) => eventually(() => list(target, kind), { timeout_ms: 30_000 })));
  return applied;
}

const list = (target: KubectlTarget, { group, version, plural }: KindDefinition): Promise<KubectlResult> =>
  kubectl(target, ['get', '--raw', `/apis/${group}/${version}/${plural}`]);
