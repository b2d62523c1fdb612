/**
 * The guard of a simulation: its objects as they are installed, an API server that answers probes while it runs them, somebody
 * who takes the guard out of force for a moment, and what anybody may write then. Admission follows a change a little later, both
 * ways, as a real API server does.
 *
 * Must not know the operator, nor what it makes of a gap.
 */
import { bindingResource, grantResource, guardResource } from '../../src/controller/resources.ts';
import { guardOf } from '../../src/controller/guard.ts';
import { lookAtGuard } from '../../src/controller/guard-look.ts';
import { createGuardRecord } from '../../src/controller/guard-record.ts';
import { formatTime, parseDuration_ms } from '../../src/domain/duration.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import type { AcceptedGuard } from '../../src/guard/accepted.ts';
import { decisionPolicyName } from '../../src/guard/decision-policy.ts';
import { type GuardKind, guardLabel } from '../../src/guard/guard-object.ts';
import { probeAnnotation, probeAnswer } from '../../src/guard/probe.ts';
import type { Api, KubeObject, ObjectRef } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { share } from '../fake/json.ts';
import type { VirtualClock } from '../runtime/virtual-clock.ts';
import type { Chance } from './chance.ts';
import type { SimCluster } from './cluster.ts';
import { tolerant } from './hands.ts';
import { forgedComment, forgedTime, type SeenGrant } from './seen.ts';

export interface SimGuard {
  /** The cluster's, with admission before dry runs. */
  readonly api: Api;
  /** For the operators: making it takes longer than a simulation. */
  readonly accepted: AcceptedGuard;
  /** Takes what protects decisions out of force, in one way or another. */
  readonly weaken: () => Promise<void>;
  /** Puts it back, whatever was done. */
  readonly restore: () => Promise<void>;
  /** Writes into a status what only the guard keeps people from writing, if it is out of force. */
  readonly forge: () => Promise<void>;
}

const accepted: AcceptedGuard = guardOf(defaultInstallation);
const manifests = [...accepted.objects.values()].map(({ kind, name, spec }) => ({
  kind,
  name,
  spec: share(spec),
}));

const bindingKind = 'ValidatingAdmissionPolicyBinding' satisfies GuardKind;
const binding: ObjectRef = { resource: guardResource[bindingKind], name: decisionPolicyName };
/** Mostly sooner than anybody notices. */
const admissionLag_ms = [50, 150, 1000] as const;

/** `onGap` is told when the guard begins to be weakened, and when admission runs all of it again. */
export async function installGuard(
  cluster: SimCluster,
  clock: VirtualClock,
  chance: Chance,
  onGap: (what: 'Begins' | 'Ends') => void,
): Promise<SimGuard> {
  const { api, create } = cluster;
  const lag_ms = chance.between(0, chance.pick(admissionLag_ms));
  let admits = true;
  const install = (kind: GuardKind, name: string, spec: object): Promise<unknown> => {
    const metadata = { name, labels: { [guardLabel.name]: guardLabel.value } };
    return create(guardResource[kind], undefined, { metadata, spec });
  };
  for (const { kind, name, spec } of manifests) await install(kind, name, spec);
  // As an installation leaves it: nobody asks for anything before the guard has been verified for the first time.
  const signal = new AbortController().signal;
  const { namespace } = defaultInstallation;
  const seen = await lookAtGuard(api, accepted, new Map(), signal);
  await createGuardRecord({ api, accepted, namespace }).begin({ seen }, signal);
  const setActions = (validationActions: readonly string[]): Promise<unknown> =>
    api.patch(binding, 'merge', { spec: { validationActions } });

  return {
    api: withAdmission(api, (policy) => policy !== decisionPolicyName || admits),
    accepted,
    weaken: async () => {
      onGap('Begins');
      await tolerant(() => (chance.hit(0.5) ? setActions(['Audit']) : api.delete(binding)));
      clock.after(lag_ms, () => void (admits = false));
    },
    restore: async () => {
      const { spec } =
        manifests.find(({ kind, name }) => kind === bindingKind && name === binding.name) ?? {};
      await tolerant(() => install(bindingKind, binding.name, spec ?? {}));
      await setActions(['Deny']);
      clock.after(lag_ms, () => {
        admits = true;
        onGap('Ends');
      });
    },
    forge: async () => {
      if (!admits) await forge(api, chance, clock.now());
    },
  };
}

function withAdmission(api: Api, runs: (policy: string) => boolean): Api {
  const admit = (policy: string | undefined): void => {
    if (policy === undefined || !runs(policy)) return;
    const message = `denied: ${probeAnswer(accepted.hashes[0] ?? '')}: ${policy} is in force`;
    throw new ApiError('POST', { code: 403, reason: 'Forbidden', message });
  };
  return {
    ...api,
    create: async (resource, namespace, body, options) => {
      if (options?.dryRun === true) admit((body as KubeObject).metadata.annotations?.[probeAnnotation]);
      return api.create(resource, namespace, body, options);
    },
    patch: async (ref, type, body, options) => {
      if (options?.dryRun === true && options.subresource === 'status') admit(decisionPolicyName);
      return api.patch(ref, type, body, options);
    },
  };
}

/** Says that bob approved some grant that waits, or that it holds access already. */
async function forge(api: Api, chance: Chance, now_ms: number): Promise<void> {
  const kind = chance.pick(['TemporaryAccessGrant', 'ClusterTemporaryAccessGrant'] as const);
  const resource = grantResource[kind];
  const { items } = await api.list(resource);
  const waiting = (items as unknown as SeenGrant[]).filter(({ status }) => status.phase === 'Pending');
  const grant = waiting[chance.between(0, waiting.length - 1)];
  if (grant === undefined) return;
  const { name, namespace, uid } = grant.metadata;
  const ref = { resource, namespace, name };
  const status = { subresource: 'status' };
  if (chance.hit(0.5)) {
    if (grant.status.decisions.some(({ by }) => by === 'bob')) return;
    const value = { uid, by: 'bob', decision: 'Approved', comment: forgedComment };
    await tolerant(() => api.patch(ref, 'json', [{ op: 'add', path: '/status/decisions/-', value }], status));
    return;
  }
  const places = [{ kind: bindingResource.RoleBinding.kind, namespace, name: `curfew:${name}:${uid}` }];
  const { duration = '0s', notAfter } = grant.spec;
  const expirationTime = notAfter ?? formatTime(now_ms + parseDuration_ms(duration));
  const record = { activationTime: forgedTime(now_ms), expirationTime, bindings: places };
  await tolerant(() => api.patch(ref, 'merge', { status: { phase: 'Activating', ...record } }, status));
}
