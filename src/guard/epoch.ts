/**
 * An epoch: a time in which the guard was in force without a break. Each of its objects is known by UID and generation,
 * which nobody can set back, so that the record of an epoch tells later whether anything happened meanwhile, even to whoever
 * was not there.
 *
 * Must not know where the record is kept.
 */
import { z } from 'zod';
import type { AcceptedGuard, SeenGuard } from './accepted.ts';
import { specHash } from './guard-object.ts';

const identity = z.object({ uid: z.string().min(1), generation: z.int().min(1), spec: z.string().min(1) });
const identities = z.record(z.string(), identity);

/** Object → which one it is, how often its spec has been edited, and the hash of that. */
export type Identities = z.output<typeof identities>;

/** The objects of the guard as they are now. Those on their way out are not in force for long. */
export function identitiesOf(accepted: AcceptedGuard, seen: SeenGuard): Identities {
  const entries = [...accepted.objects].flatMap(([key, { kind }]) => {
    const object = seen.get(key);
    if (object === undefined || object.metadata.deletionTimestamp !== undefined) return [];
    const { uid, generation } = object.metadata;
    return [[key, { uid, generation, spec: specHash(kind, object.spec) }] as const];
  });
  return Object.fromEntries(entries);
}

export const formatIdentities = (known: Identities): string => JSON.stringify(known, undefined, 2);

/** Undefined when this is no record, whoever wrote it. */
export function parseIdentities(text: string | undefined): Identities | undefined {
  try {
    return identities.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

export type Continuity =
  | { readonly kind: 'Same' }
  /** One step from one guard that is accepted to another: an upgrade. */
  | { readonly kind: 'Upgraded' }
  /** One step to what this operator does not accept: weakened, or upgraded before the operator. The next step tells. */
  | { readonly kind: 'Unknown' }
  /** It was, or may have been, out of force. */
  | { readonly kind: 'Broken'; readonly why: string };

/** What happened to the guard between two moments. */
export function continuityOf(accepted: AcceptedGuard, before: Identities, now: Identities): Continuity {
  const steps = [...new Set([...Object.keys(before), ...Object.keys(now)])].map((key) =>
    stepOf(accepted, key, before[key], now[key]),
  );
  return (
    steps.find(({ kind }) => kind === 'Broken') ??
    steps.find(({ kind }) => kind === 'Unknown') ??
    steps.find(({ kind }) => kind === 'Upgraded') ?? { kind: 'Same' }
  );
}

type Identity = Identities[string];

function stepOf(
  { objects }: AcceptedGuard,
  key: string,
  before: Identity | undefined,
  now: Identity | undefined,
): Continuity {
  const accepted = objects.get(key);
  // Of a release that had more: no part of the guard any more.
  if (accepted === undefined) return { kind: 'Same' };
  const broken = (what: string): Continuity => ({ kind: 'Broken', why: `${key} ${what}` });
  const isAccepted = ({ spec }: Identity): boolean => accepted.hashes.has(spec);
  if (now === undefined) return before === undefined ? { kind: 'Same' } : broken('is missing');
  const known: Continuity = { kind: isAccepted(now) ? 'Upgraded' : 'Unknown' };
  if (before === undefined) return accepted.mayBeAbsent ? known : broken('is not on record');
  if (before.uid !== now.uid) return broken('has been replaced by another object of its name');
  const edits = now.generation - before.generation;
  if (edits === 0) return { kind: 'Same' };
  if (edits !== 1 || !isAccepted(before)) {
    return broken(`has been edited: its generation is ${now.generation} after ${before.generation}`);
  }
  return known;
}
