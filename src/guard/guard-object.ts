/**
 * The objects that the guard consists of, and when two specs of one are the same: what the API server adds by default does
 * not count, everything else does.
 *
 * Must not know which specs are good ones.
 */
import { hash } from 'node:crypto';

export const guardKinds = [
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
  'CustomResourceDefinition',
] as const;
export type GuardKind = (typeof guardKinds)[number];

/** All of them bear it; one that does not is no longer watched. */
export const guardLabel = { name: 'app.kubernetes.io/part-of', value: 'curfew' } as const;

type Json = Readonly<Record<string, unknown>>;

/** An object of the guard as the API server has it. */
export interface GuardObject {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    /** Moves with the spec and nothing else. */
    readonly generation: number;
    readonly resourceVersion: string;
    readonly deletionTimestamp?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | undefined;
  };
  readonly spec: Json;
}

export const guardKey = (kind: GuardKind, name: string): string => `${kind} ${name}`;

/** Of specs that were hashed before: one look asks for each of them several times, and those of the CRDs are long. */
const known = new WeakMap<Json, string>();

/** The same for specs that mean the same. A spec is never changed in place. */
export function specHash(kind: GuardKind, spec: Json): string {
  const before = known.get(spec);
  if (before !== undefined) return before;
  const digest = hash('sha256', canonical(withoutDefaults(kind, spec))).slice(0, 32);
  known.set(spec, digest);
  return digest;
}

/** Where a spec differs from the wanted one, such as `spec.validationActions[0]`; undefined when they mean the same. */
export const differenceBetween = (kind: GuardKind, wanted: Json, actual: Json): string | undefined =>
  firstDifference('spec', withoutDefaults(kind, wanted), withoutDefaults(kind, actual));

/** JSON in which the order of keys is always the same. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  const members = entries.map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`);
  return `{${members.sort().join(',')}}`;
}

function firstDifference(path: string, wanted: unknown, actual: unknown): string | undefined {
  if (canonical(wanted) === canonical(actual)) return undefined;
  const [left, right] = [membersOf(wanted), membersOf(actual)];
  if (left === undefined || right === undefined || Array.isArray(wanted) !== Array.isArray(actual))
    return path;
  for (const key of new Set([...left.keys(), ...right.keys()])) {
    const step = Array.isArray(wanted) ? `[${key}]` : `.${plain(key)}`;
    const found = firstDifference(path + step, left.get(key), right.get(key));
    if (found !== undefined) return found;
  }
  return path;
}

const membersOf = (value: unknown): ReadonlyMap<string, unknown> | undefined =>
  typeof value === 'object' && value !== null ? new Map(Object.entries(value)) : undefined;

/** Somebody else chose the name of the key, and it is shown to people. */
const plain = (key: string): string => key.replaceAll(/[^\w/-]/g, '?').slice(0, 63);

/** Without the values that the API server would fill in for absent ones, each only where it does. */
function withoutDefaults(kind: GuardKind, spec: Json): Json {
  switch (kind) {
    case 'ValidatingAdmissionPolicy':
    case 'MutatingAdmissionPolicy':
      return without({ ...spec, matchConstraints: plainMatch(spec['matchConstraints']) }, policyDefaults);
    case 'ValidatingAdmissionPolicyBinding':
    case 'MutatingAdmissionPolicyBinding':
      return { ...spec, matchResources: plainMatch(spec['matchResources']) };
    case 'CustomResourceDefinition':
      return without(spec, crdDefaults);
  }
}

const policyDefaults = { failurePolicy: 'Fail' };
const crdDefaults = { conversion: { strategy: 'None' } };
const matchDefaults = { matchPolicy: 'Equivalent', namespaceSelector: {}, objectSelector: {} };
const ruleDefaults = { scope: '*' };

/** The match resources of policies and bindings. */
function plainMatch(match: unknown): unknown {
  if (typeof match !== 'object' || match === null) return match;
  const rules = (name: string): Json => {
    const list = (match as Json)[name];
    return Array.isArray(list) ? { [name]: list.map((rule: Json) => without(rule, ruleDefaults)) } : {};
  };
  return without({ ...match, ...rules('resourceRules'), ...rules('excludeResourceRules') }, matchDefaults);
}

const without = (object: Json, defaults: Json): Json =>
  Object.fromEntries(
    Object.entries(object).filter(
      ([key, value]) => !(key in defaults) || canonical(value) !== canonical(defaults[key]),
    ),
  );
