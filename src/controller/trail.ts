/**
 * Where the steps of a life are told: to people as Events, to the durable log and to metrics through the port below,
 * which telemetry implements.
 *
 * Telling people never holds access up or keeps it alive: an Event that cannot be written is logged and passed over.
 */
import { hash } from 'node:crypto';
import type { Grant } from '../domain/grant.ts';
import { apiGroup, apiVersion } from '../domain/kinds.ts';
import type { Step } from '../domain/reason.ts';
import type { GrantFacts, TrailEntry } from '../domain/trail.ts';

/** The durable trail and the metrics that follow it. `id` is the same when a step is told again after a crash. */
export interface Trail {
  readonly tell: (id: string, facts: GrantFacts, entry: TrailEntry, when: Telling) => void;
  /** Somebody else's Event stands under the name of ours, which was written under another one. */
  readonly nameTaken: (name: string, namespace: string) => void;
  /** Access was past its end, and something other than this process had taken the binding. */
  readonly endedByOthers: () => void;
  readonly problem: (message: string, error: unknown) => void;
}

export interface Telling {
  /** Wall time in milliseconds. */
  readonly now_ms: number;
  /** False when this process has told it before. */
  readonly isNews: boolean;
}

export const reportingController = `${apiGroup}/operator`;
const noteMax_bytes = 1024;
/** Events of cluster-scoped objects live here, as Kubernetes' own do. */
const clusterEventNamespace = 'default';

const actions: Readonly<Record<Step, string>> = {
  Requested: 'Request',
  Approved: 'Approve',
  Denied: 'Deny',
  Queued: 'Queue',
  Scheduled: 'Schedule',
  Stalled: 'Check',
  Activating: 'Activate',
  Granted: 'Grant',
  ExpiringSoon: 'Warn',
  Tampered: 'Restore',
  PolicyDeleted: 'Check',
  Expired: 'Expire',
  Revoked: 'Revoke',
  Withdrawn: 'Withdraw',
};

type Named = Pick<GrantFacts, 'name' | 'uid'>;
type Distinguished = Pick<TrailEntry, 'step' | 'discriminator'>;

const ends: ReadonlySet<Step> = new Set(['Denied', 'Expired', 'Revoked', 'Withdrawn']);

/**
 * The id of an entry: the same for the same step of the same grant, whoever tells it and however often. A grant ends once: where
 * a crash came between telling an end and writing it, and something else ends it then, that is told under the same id.
 */
export const entryId = (grant: Named, { step, discriminator }: Distinguished): string =>
  nameOf(grant, ends.has(step) ? 'Over' : step, discriminator);

/**
 * The name of the Event of an entry: another one for other words, so that what stands under it and says something else was not
 * written by us.
 */
export const eventName = (
  grant: Named,
  { step, discriminator, note }: Distinguished & Pick<TrailEntry, 'note'>,
): string => nameOf(grant, step, `${discriminator}/${note}`);

function nameOf({ name, uid }: Named, step: string, discriminator: string): string {
  const digest = hash('sha256', `${uid}/${step}/${discriminator}`);
  // An object name may not have a dot or hyphen before a dot, which a cut could leave there.
  const stem = name.slice(0, 200).replace(/[^a-z0-9]+$/, '');
  return `${stem}.${digest.slice(0, 16)}`;
}

/** An Event (events.k8s.io/v1), as far as Curfew writes it. */
export interface Event {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly eventTime: string;
  readonly reportingController: string;
  readonly reportingInstance: string;
  readonly action: string;
  readonly reason: string;
  readonly type: string;
  readonly regarding: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly name: string;
    readonly namespace: string | undefined;
    readonly uid: string;
    readonly resourceVersion: string;
  };
  readonly note: string;
}

/** The Event of an entry. */
export function eventOf(grant: Grant, entry: TrailEntry, now_ms: number, instance: string): Event {
  const { name, uid, namespace, resourceVersion } = grant.metadata;
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: eventName({ name, uid }, entry), namespace: namespace ?? clusterEventNamespace },
    eventTime: microTime(now_ms),
    reportingController,
    reportingInstance: instance.slice(0, 128),
    action: actions[entry.step],
    reason: entry.reason !== undefined && entry.step === 'Stalled' ? entry.reason : entry.step,
    type: entry.type,
    regarding: {
      apiVersion: `${apiGroup}/${apiVersion}`,
      kind: grant.kind,
      name,
      namespace,
      uid,
      resourceVersion,
    },
    note: clipNote(entry.note),
  };
}

/** metav1.MicroTime: the API server insists on six digits. */
export const microTime = (time_ms: number): string => new Date(time_ms).toISOString().replace('Z', '000Z');

/** The API server refuses longer notes; cut between characters, never inside one. */
export function clipNote(note: string): string {
  if (Buffer.byteLength(note) <= noteMax_bytes) return note;
  const ellipsis = '…';
  let kept = '';
  let size = Buffer.byteLength(ellipsis);
  for (const character of note) {
    size += Buffer.byteLength(character);
    if (size > noteMax_bytes) break;
    kept += character;
  }
  return kept + ellipsis;
}
