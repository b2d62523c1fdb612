/**
 * The record of the guard's epoch: a ConfigMap beside the operator, made anew for every epoch, so that the API server itself
 * says when it began.
 *
 * Must not know what a break is.
 */
import type { AcceptedGuard } from '../guard/accepted.ts';
import { formatIdentities, identitiesOf, parseIdentities } from '../guard/epoch.ts';
import { guardLabel } from '../guard/guard-object.ts';
import type { EpochRecord, Look } from '../guard/vigil.ts';
import type { Api, KubeObject, ObjectRef } from '../runtime/api.ts';
import { isAlreadyExists, isConflict, isNotFound } from '../runtime/api-error.ts';
import { getOrUndefined } from './gather.ts';
import { configMapResource } from './resources.ts';

export const recordName = 'curfew-guard-epoch';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>> | null | undefined;
}

const field = 'guard.json';

export interface StoredRecord extends EpochRecord {
  readonly resourceVersion: string;
}

export interface GuardRecordOptions {
  readonly api: Api;
  readonly accepted: AcceptedGuard;
  /** Where the operator lives: nobody but the owners of the cluster may write there. */
  readonly namespace: string;
}

type Seen = Pick<Look, 'seen'>;

/** All of them reject with ApiError or ConnectionError when the API server cannot be asked. */
export interface GuardRecord {
  /** The record as it is right now. */
  readonly read: (signal: AbortSignal) => Promise<StoredRecord | undefined>;
  /** Makes the record of a new epoch, which begins with that. Where somebody was faster, theirs stands. */
  readonly begin: (look: Seen, signal: AbortSignal) => Promise<void>;
  /** Writes down an upgrade: the epoch goes on. Where somebody else has written, nothing happens. */
  readonly update: (look: Seen, record: StoredRecord, signal: AbortSignal) => Promise<void>;
  /** Ends the epoch of this record, for whoever comes next as well. */
  readonly drop: (record: StoredRecord, signal: AbortSignal) => Promise<void>;
}

export function createGuardRecord({ api, accepted, namespace }: GuardRecordOptions): GuardRecord {
  const ref: ObjectRef = { resource: configMapResource, namespace, name: recordName };
  const manifest = ({ seen }: Seen): ConfigMap => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: recordName, namespace, labels: { [guardLabel.name]: guardLabel.value } },
    data: { [field]: formatIdentities(identitiesOf(accepted, seen)) },
  });
  return {
    read: async (signal) => {
      const found = await getOrUndefined<ConfigMap>(api, ref, signal);
      return found === undefined ? undefined : storedRecord(found);
    },
    begin: (look, signal) =>
      api
        .create(configMapResource, namespace, manifest(look), { signal })
        .then(nothing, unless(isAlreadyExists)),
    update: (look, { uid, resourceVersion }, signal) => {
      const body = manifest(look);
      const replacement = { ...body, metadata: { ...body.metadata, uid, resourceVersion } };
      return api.replace(ref, replacement, { signal }).then(nothing, unless(isConflict, isNotFound));
    },
    drop: ({ uid }, signal) => api.delete(ref, { uid, signal }).then(nothing, unless(isConflict, isNotFound)),
  };
}

const nothing = (): void => undefined;

/** Takes an error for no failure when it is one of these; throws every other on. */
const unless =
  (...expected: readonly ((error: unknown) => boolean)[]) =>
  (error: unknown): void => {
    if (!expected.some((is) => is(error))) throw error;
  };

function storedRecord({ metadata, data }: ConfigMap): StoredRecord {
  const { uid = '', resourceVersion = '', creationTimestamp = '' } = metadata;
  // Unlike anything that could be written into it, this nobody can set back.
  const since_ms = Date.parse(creationTimestamp);
  return { uid, resourceVersion, since_ms, identities: parseIdentities(data?.[field]) };
}
