/** JSON values, as they come over the wire. Written out, since every write copies and compares some. Must not know objects of the API. */
import { deepFreeze } from '../runtime/objects.ts';

/** Frozen, and known to be JSON: need not be copied. */
const shared = new WeakSet<object>();

/** A copy that many may store without copying it each time. */
export function share<T extends object>(value: T): T {
  const copy = deepFreeze(copied(value)) as T;
  shared.add(copy);
  return copy;
}

/** A copy as JSON carries it: what is undefined is left out. */
export function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Object.isFrozen(value) && shared.has(value)) return value;
  if (Array.isArray(value)) return value.map((item: unknown) => (item === undefined ? null : copied(item)));
  const copy: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const member = (value as Record<string, unknown>)[key];
    if (member !== undefined) copy[key] = copied(member);
  }
  return copy;
}

/** Whether two values are the same in JSON: the order of members does not count, absent and undefined are the same. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, unknown>>;
  const right = b as Readonly<Record<string, unknown>>;
  for (const key of Object.keys(left)) if (!sameJson(left[key], right[key])) return false;
  for (const key of Object.keys(right)) {
    if (right[key] !== undefined && left[key] === undefined) return false;
  }
  return true;
}
