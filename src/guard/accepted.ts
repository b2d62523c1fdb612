/**
 * Which guard this operator works with: that of its own release, and that of the release before, so that either can be
 * upgraded first.
 *
 * Must not know what the cluster has.
 */
import { kinds } from '../domain/kinds.ts';
import { createGuard } from './admission.ts';
import type { Manifest } from './cel.ts';
import { customResourceDefinition } from './crd.ts';
import {
  differenceBetween,
  type GuardKind,
  guardKey,
  guardLabel,
  type GuardObject,
  guardKinds,
  specHash,
} from './guard-object.ts';
import type { Probe } from './probe.ts';

export interface AcceptedObject {
  readonly kind: GuardKind;
  readonly name: string;
  readonly hashes: ReadonlySet<string>;
  /** Some guard that is accepted does without. */
  readonly mayBeAbsent: boolean;
  /** As this release has it, to say what differs. */
  readonly spec: GuardObject['spec'];
}

export interface AcceptedGuard {
  readonly objects: ReadonlyMap<string, AcceptedObject>;
  readonly probes: readonly Probe[];
  /** What answers to probes may hold. */
  readonly hashes: readonly string[];
}

/** Objects by key; those that do not exist are not there. */
export type SeenGuard = ReadonlyMap<string, GuardObject>;

/** A release that this operator works with besides its own. */
export interface PreviousRelease {
  readonly guardHash: string;
  /** Object → the hash of its spec, with the default settings: where others are set, the guard is upgraded first. */
  readonly objects: Readonly<Record<string, string>>;
}

/** Undefined in the first release. */
const previousRelease: PreviousRelease | undefined = undefined;

/** Everything of the guard of an installation, as the operator accepts it. */
export function acceptedGuard(
  { hash, stamp, policies, probes } = createGuard(),
  previous: PreviousRelease | undefined = previousRelease,
): AcceptedGuard {
  const accept = (manifest: Manifest, isOptional: boolean): readonly [string, AcceptedObject] => {
    const { kind, metadata, spec } = objectOf(manifest);
    const key = guardKey(kind, metadata.name);
    const before = previous?.objects[key];
    const hashes = new Set([specHash(kind, spec), ...(before === undefined ? [] : [before])]);
    const mayBeAbsent = isOptional || (previous !== undefined && before === undefined);
    return [key, { kind, name: metadata.name, hashes, mayBeAbsent, spec }];
  };
  const crds = kinds.map(customResourceDefinition);
  return {
    objects: new Map([
      ...[...policies, ...crds].map((manifest) => accept(manifest, false)),
      // Before Kubernetes 1.36 there is none, and none is needed: another policy checks the requester.
      ...stamp.map((manifest) => accept(manifest, true)),
    ]),
    probes,
    hashes: previous === undefined ? [hash] : [hash, previous.guardHash],
  };
}

interface GuardManifest {
  readonly kind: GuardKind;
  readonly metadata: { readonly name: string };
  readonly spec: GuardObject['spec'];
}

function objectOf(manifest: Manifest): GuardManifest {
  const object = manifest as unknown as GuardManifest;
  if (guardKinds.includes(object.kind)) return object;
  throw new Error(
    `expected an object of the guard to be of kind ${guardKinds.join(', ')}, got ${object.kind}`,
  );
}

/** What is wrong with the guard as it stands, in words; undefined when this operator accepts it. */
export function flawOf(accepted: AcceptedGuard, seen: SeenGuard): string | undefined {
  for (const [key, wanted] of accepted.objects) {
    const flaw = flawOfOne(wanted, seen.get(key));
    if (flaw !== undefined) return `${key} ${flaw}`;
  }
  return undefined;
}

function flawOfOne(
  { kind, hashes, mayBeAbsent, spec }: AcceptedObject,
  object: GuardObject | undefined,
): string | undefined {
  if (object === undefined) return mayBeAbsent ? undefined : 'is missing';
  if (object.metadata.deletionTimestamp !== undefined) return 'is being deleted';
  if (!hashes.has(specHash(kind, object.spec))) {
    return `is not that of this release: ${differenceBetween(kind, spec, object.spec) ?? 'spec'} differs`;
  }
  // Without it, later changes would go unseen for minutes.
  if (object.metadata.labels?.[guardLabel.name] !== guardLabel.value) {
    return `lacks the label ${guardLabel.name}=${guardLabel.value}`;
  }
  return undefined;
}
