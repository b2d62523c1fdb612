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

/** Where the operator lives: nobody but the owners of the cluster may write there. */
export const recordNamespace = 'curfew-system';
export const recordName = 'curfew-guard-epoch';

interface ConfigMap extends KubeObject {
  readonly data?: Readonly<Record<string, string>> | null | undefined;
}

const ref: ObjectRef = { resource: configMapResource, namespace: recordNamespace, name: recordName };
const field = 'guard.json';

export interface StoredRecord extends EpochRecord {
  readonly resourceVersion: string;
}

/** The record as it is right now. @throws ApiError, ConnectionError */
export async function readRecord(api: Api, signal: AbortSignal): Promise<StoredRecord | undefined> {
  const found = await getOrUndefined<ConfigMap>(api, ref, signal);
  if (found === undefined) return undefined;
  const { uid = '', resourceVersion = '', creationTimestamp = '' } = found.metadata;
  // Unlike anything that could be written into it, this nobody can set back.
  const since_ms = Date.parse(creationTimestamp);
  return { uid, resourceVersion, since_ms, identities: parseIdentities(found.data?.[field]) };
}

const manifest = (accepted: AcceptedGuard, { seen }: Pick<Look, 'seen'>): ConfigMap => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: recordName, namespace: recordNamespace, labels: { [guardLabel.name]: guardLabel.value } },
  data: { [field]: formatIdentities(identitiesOf(accepted, seen)) },
});

/** Makes the record of a new epoch, which begins with that. Where somebody was faster, theirs stands. */
export async function beginRecord(
  api: Api,
  accepted: AcceptedGuard,
  look: Pick<Look, 'seen'>,
  signal: AbortSignal,
): Promise<void> {
  try {
    await api.create(configMapResource, recordNamespace, manifest(accepted, look), { signal });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
}

/** Writes down an upgrade: the epoch goes on. Where somebody else has written, nothing happens. */
export async function updateRecord(
  api: Api,
  accepted: AcceptedGuard,
  look: Pick<Look, 'seen'>,
  { uid, resourceVersion }: StoredRecord,
  signal: AbortSignal,
): Promise<void> {
  const body = manifest(accepted, look);
  try {
    await api.replace(ref, { ...body, metadata: { ...body.metadata, uid, resourceVersion } }, { signal });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}

/** Ends the epoch of this record, for whoever comes next as well. */
export async function dropRecord(api: Api, { uid }: StoredRecord, signal: AbortSignal): Promise<void> {
  try {
    await api.delete(ref, { uid, signal });
  } catch (error) {
    if (!isConflict(error) && !isNotFound(error)) throw error;
  }
}
