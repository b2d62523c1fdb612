/** What the reaper says: lines of JSON for the log, an Event for people. Must not know where they go. */
import { expiresAtAnnotation } from '../domain/mark.ts';
import { exitCodeOf, type Reaped, type Round, standing } from './round.ts';

export interface Line {
  readonly level: 'info' | 'warn' | 'error';
  readonly message: string;
  readonly [field: string]: unknown;
}

/** As many subjects as a grant may have; whoever made the binding by hand may have named thousands. */
const shownMax = 16;
/** Longer texts are no times. */
const timeMax = 64;

/** One binding past its end, as a line of the audit trail: JSON escapes what users wrote. */
export function lineOfReaped(reaped: Reaped): Line {
  const {
    found: { kind, binding },
    overdue_ms,
    fate,
  } = reaped;
  const what = isEarly(reaped) ? 'a binding before its end' : 'a binding past its end';
  const { name, namespace, uid, annotations } = binding.metadata;
  const facts = {
    audit: true,
    step: 'Reaped',
    id: uid,
    binding: { kind, namespace, name, uid },
    role: `${binding.roleRef?.kind ?? ''}/${binding.roleRef?.name ?? ''}`,
    subjects: (binding.subjects ?? []).slice(0, shownMax).map((subject) => subject.name),
    expiresAt: annotations?.[expiresAtAnnotation]?.slice(0, timeMax),
    overdue_s: overdue_ms === undefined ? undefined : overdue_ms / 1000,
  };
  switch (fate.kind) {
    case 'Gone':
      return { level: 'warn', message: `${what} is gone now`, ...facts };
    case 'Spared':
      return {
        level: 'warn',
        message: `${what} would go; this is a dry run, so it stays`,
        ...facts,
        audit: false,
      };
    case 'Kept':
      return {
        level: 'error',
        message: `${what} is deleted, but finalizers keep it, and it still gives access: remove them, or its subjects`,
        ...facts,
        step: 'Kept',
        finalizers: fate.finalizers.slice(0, shownMax),
      };
    case 'Failed':
      return {
        level: 'error',
        message: `${what} could not be deleted: it may still give access; try again`,
        ...facts,
        step: 'Kept',
        why: fate.why,
      };
  }
}

/** Only where all were to go. */
const isEarly = ({ overdue_ms }: Reaped): boolean => overdue_ms !== undefined && overdue_ms < 0;

const wordsForPast = [
  ['info', 'nothing is past its end'],
  ['error', 'not everything could be looked at: access past its end may still stand'],
  ['warn', 'there were bindings past their end: is the operator running?'],
  ['error', 'bindings past their end still stand'],
] as const;

const wordsForAll = [
  ['info', 'no access is left'],
  ['error', 'not everything could be looked at: access may be left'],
  ['warn', 'there is access that would be ended'],
  ['error', 'bindings still stand'],
] as const;

/** The round as a whole. */
export function lineOfRound(round: Round, duration_ms: number): Line {
  const code = exitCodeOf(round);
  const [level, message] = (round.all ? wordsForAll : wordsForPast)[code];
  return {
    level,
    message,
    managed: round.managed,
    foreign: round.foreign,
    past: round.reaped.length,
    standing: standing(round).length,
    failures: round.failures,
    duration_ms: Math.round(duration_ms),
    exitCode: code,
  };
}

/** Events of cluster-scoped objects live here, as Kubernetes' own do. */
const clusterNamespace = 'default';

/** The Event of a binding that is gone, or is kept; undefined where nothing has happened. */
export function eventOf(
  reaped: Reaped,
  now_ms: number,
): { readonly namespace: string; readonly event: object } | undefined {
  const {
    found: { kind, binding },
    fate,
  } = reaped;
  if (fate.kind !== 'Gone' && fate.kind !== 'Kept') return undefined;
  const { name, namespace, uid } = binding.metadata;
  const place = namespace ?? clusterNamespace;
  const event = {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    // The same when it is told again; a UID is the server's own and fits any name.
    metadata: { name: `curfew-reaper.${uid}.${fate.kind.toLowerCase()}`, namespace: place },
    // metav1.MicroTime: the API server insists on six digits.
    eventTime: new Date(now_ms).toISOString().replace('Z', '000Z'),
    reportingController: 'curfew.dev/reaper',
    reportingInstance: 'curfew-reaper',
    action: 'Reap',
    reason: fate.kind === 'Gone' ? 'Reaped' : 'ReapedButKept',
    type: 'Warning',
    regarding: { apiVersion: 'rbac.authorization.k8s.io/v1', kind, name, namespace, uid },
    note: isEarly(reaped) ? noteOnEarly[fate.kind] : noteOnPast[fate.kind],
  };
  return { namespace: place, event };
}

const noteOnPast = {
  Gone: 'It was past its end and has been deleted by the reaper: the operator did not',
  Kept: 'It is past its end and deleted, but finalizers keep it: remove them',
} as const;

const noteOnEarly = {
  Gone: 'It has been deleted before its end: the reaper was told to end all access, as it is when Curfew is uninstalled',
  Kept: 'It was to go before its end and is deleted, but finalizers keep it: remove them',
} as const;
