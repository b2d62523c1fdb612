/**
 * Asks the API server by dry run for what the guard refuses: the answer shows that admission really runs this guard, which
 * the stored objects alone do not. Nothing is written, whatever is answered.
 *
 * Must not judge the answers.
 */
import type { Grant } from '../domain/grant.ts';
import type { AcceptedGuard } from '../guard/accepted.ts';
import { decisionPolicyName } from '../guard/decision-policy.ts';
import { type Probe, probeAnswer } from '../guard/probe.ts';
import type { ProbeAnswer } from '../guard/vigil.ts';
import type { Api, Resource } from '../runtime/api.ts';
import { isAlreadyExists, isNotFound, isRefusal } from '../runtime/api-error.ts';
import { bindingResource, grantRef, grantResource } from './resources.ts';

/** What some probes need in order to be answered. */
export interface ProbeGround {
  /** Any, for the policy that answers on the status of grants only; without one there is nothing to protect there. */
  readonly grant: Grant | undefined;
  /** Whether there is any TemporaryAccessPolicy. */
  readonly policiesExist: boolean;
}

/**
 * Sends every probe.
 *
 * @throws ApiError, ConnectionError when there is no answer that says anything
 */
export async function probeGuard(
  api: Api,
  guard: AcceptedGuard,
  { grant, policiesExist }: ProbeGround,
  signal: AbortSignal,
): Promise<readonly ProbeAnswer[]> {
  const probes = guard.probes.filter(({ needsPolicy = false }) => policiesExist || !needsPolicy);
  const onStatus = grant === undefined ? [] : [probeStatus(api, guard, grant, signal)];
  const answers = await Promise.all([
    ...probes.map((probe) => probeCreation(api, guard, probe, signal)),
    ...onStatus,
  ]);
  return answers.filter((answer) => answer !== undefined);
}

async function probeCreation(
  api: Api,
  guard: AcceptedGuard,
  { policy, manifest, needsPolicy = false }: Probe,
  signal: AbortSignal,
): Promise<ProbeAnswer> {
  const resource = resourceOf(manifest['kind']);
  const create = () => api.create(resource, undefined, manifest, { dryRun: true, signal });
  const answer = await answerOf(guard, policy, create);
  // The last TemporaryAccessPolicy may have gone this moment, or the first come: that shows nothing.
  return needsPolicy && answer.kind === 'LetThrough'
    ? { kind: 'OtherAnswer', policy, said: 'the probe was let through' }
    : answer;
}

function resourceOf(kind: unknown): Resource {
  const probed = [...Object.values(grantResource), ...Object.values(bindingResource)];
  const resource = probed.find((one) => one.kind === kind);
  if (resource !== undefined) return resource;
  throw new Error(`expected a probe to be a grant or a binding, got ${String(kind)}`);
}

/** The operator edits decisions, which it never may. Undefined when the grant is gone. */
async function probeStatus(
  api: Api,
  guard: AcceptedGuard,
  grant: Grant,
  signal: AbortSignal,
): Promise<ProbeAnswer | undefined> {
  // Valid whatever stands there, since the schema is looked at first; and never what stands there, though it be another grant of
  // that name by now: an edit that changes nothing passes, and would show a guard that is not in force.
  const decisions = [{ uid: grant.metadata.uid, by: 'system:curfew-probe', decision: 'Approved' }];
  const edit = () =>
    api.patch(
      grantRef(grant),
      'merge',
      { status: { decisions } },
      { subresource: 'status', dryRun: true, signal },
    );
  try {
    return await answerOf(guard, decisionPolicyName, edit);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function answerOf(
  { hashes }: AcceptedGuard,
  policy: string,
  send: () => Promise<unknown>,
): Promise<ProbeAnswer> {
  try {
    await send();
    return { kind: 'LetThrough', policy };
  } catch (error) {
    // No resource of that name, or no answer that says anything.
    if (isNotFound(error)) throw error;
    // Admission comes before the name is looked up.
    if (isAlreadyExists(error)) return { kind: 'LetThrough', policy };
    if (!isRefusal(error)) throw error;
    const { message } = error.status;
    return hashes.some((hash) => message.includes(probeAnswer(hash)))
      ? { kind: 'Refused' }
      : { kind: 'OtherAnswer', policy, said: message.slice(0, saidMax) };
  }
}

/** Messages of conditions are bounded. */
const saidMax = 200;
