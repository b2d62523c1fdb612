/**
 * The guard in a cluster in memory: its objects as they are installed, an editor of them, and an API server that answers
 * probes as long as they stand. It enforces nothing else: in the fake everybody may write anything, as where the guard is out
 * of force.
 *
 * Must not know the operator.
 */
import { configMapResource, guardResource } from '../../src/controller/resources.ts';
import { acceptedGuard } from '../../src/guard/accepted.ts';
import {
  differenceBetween,
  type GuardKind,
  guardLabel,
  type GuardObject,
} from '../../src/guard/guard-object.ts';
import { probeAnnotation, probeAnswer } from '../../src/guard/probe.ts';
import type { Api, KubeObject, ObjectRef } from '../../src/runtime/api.ts';
import { ApiError } from '../../src/runtime/api-error.ts';
import { apiVersionOf } from '../../src/runtime/resources.ts';

const accepted = acceptedGuard();

export interface GuardInMemory {
  /** The cluster's, with admission before dry runs. */
  readonly api: Api;
  /** A binding that only audits, and as it was. Each is one edit. */
  readonly weaken: () => Promise<void>;
  readonly restore: () => Promise<void>;
  /** When the epoch on record began, or undefined. */
  readonly record: () => Promise<KubeObject | undefined>;
}

const kind = 'ValidatingAdmissionPolicyBinding' satisfies GuardKind;
const binding: ObjectRef = { resource: guardResource[kind], name: 'curfew-decisions' };

/** Installs the guard in the cluster of this port. */
export async function installGuard(api: Api): Promise<GuardInMemory> {
  for (const { kind: one, name, spec } of accepted.objects.values()) {
    const resource = guardResource[one];
    const metadata = { name, labels: { [guardLabel.name]: guardLabel.value } };
    await api.create(resource, undefined, { apiVersion: apiVersionOf(resource), kind: one, metadata, spec });
  }
  const setActions = async (validationActions: readonly string[]): Promise<void> => {
    await api.patch(binding, 'merge', { spec: { validationActions } });
  };
  return {
    api: withAdmission(api),
    weaken: () => setActions(['Audit']),
    restore: () => setActions(['Deny']),
    record: async () => {
      const { items } = await api.list(configMapResource, { namespace: 'curfew-system' });
      return items[0];
    },
  };
}

function withAdmission(api: Api): Api {
  const isInForce = async (policy: string): Promise<boolean> => {
    const parts = [...accepted.objects.values()].filter(({ name }) => name === policy);
    const whole = await Promise.all(
      parts.map(async ({ kind: one, name, spec }) => {
        const ref = { resource: guardResource[one], name };
        const object = await api.get<GuardObject>(ref).catch(() => undefined);
        return object !== undefined && differenceBetween(one, spec, object.spec) === undefined;
      }),
    );
    return whole.every(Boolean);
  };
  const admit = async (policy: string | undefined): Promise<void> => {
    if (policy === undefined || !(await isInForce(policy))) return;
    const message = `denied: ${probeAnswer(accepted.hashes[0] ?? '')}: ${policy} is in force`;
    throw new ApiError('POST', { code: 403, reason: 'Forbidden', message });
  };
  return {
    ...api,
    create: async (resource, namespace, body, options) => {
      const { annotations } = (body as KubeObject).metadata ?? {};
      if (options?.dryRun === true) await admit(annotations?.[probeAnnotation]);
      return api.create(resource, namespace, body, options);
    },
    patch: async (ref, type, body, options) => {
      if (options?.dryRun === true && options.subresource === 'status') await admit('curfew-decisions');
      return api.patch(ref, type, body, options);
    },
  };
}
