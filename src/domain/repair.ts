/** Bindings as they should be, and how those that are not become so. Must not know when access may stand. */
import { type Binding, bindingAt, isOurs, isUntouched, placeKey } from './binding.ts';
import { tampered } from './narrate.ts';
import type { Effect } from './plan.ts';
import type { Observed, World } from './world.ts';

/** Puts back a binding of ours that was edited. What is being deleted is left alone: it cannot come back. */
export function repair(one: Observed, world: World): readonly Effect[] {
  if (one.state === 'Missing') return [];
  const { binding, place } = one;
  if (!isOurs(binding, world.grant) || binding.metadata.deletionTimestamp !== undefined) return [];
  const whole = wanted(world, place);
  if (isUntouched(binding, whole)) return [];
  const { uid, resourceVersion } = binding.metadata;
  // The edit may have given access to somebody: the log, which cannot fail, then the write, and only then the Event.
  return [
    tampered(placeKey(place), resourceVersion, 'Log'),
    { kind: 'ReplaceBinding', binding: whole, uid, resourceVersion },
    tampered(placeKey(place), resourceVersion, 'People'),
  ];
}

/** The binding as it should stand at a place; `endOf` has made sure that there is an expiration time. */
export const wanted = ({ grant }: World, place: Observed['place']): Binding =>
  bindingAt(place, grant, grant.status.expirationTime ?? '', grant.status.approvals ?? []);
