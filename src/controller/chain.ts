/** The grants that a grant prolongs, as far as the cache knows them. Must not know what becomes of the chain. */
import { chainMax } from '../domain/extension.ts';
import type { Grant } from '../domain/grant.ts';
import { keyOf } from '../runtime/resources.ts';
import type { Store } from '../runtime/store.ts';

/** The nearest first. A name with another UID is another grant, and ends the chain. */
export function predecessorsOf(
  grants: Readonly<Record<Grant['kind'], Store<Grant>>>,
  grant: Grant,
): readonly Grant[] {
  const found: Grant[] = [];
  for (let link = grant.spec.extends; link !== undefined && found.length < chainMax; ) {
    const metadata = { name: link.name, namespace: grant.metadata.namespace };
    const before = grants[grant.kind].get(keyOf({ metadata }));
    if (before === undefined || before.metadata.uid !== link.uid) break;
    found.push(before);
    link = before.spec.extends;
  }
  return found;
}

/** What a grant is found under by those that prolong it: kind, place, name and UID, since anybody may write a UID. */
export const linkOf = ({ kind, metadata: { namespace = '', name, uid } }: Grant): string =>
  `${kind}/${namespace}/${name}/${uid}`;

/** The link that a grant names, if any. */
export const linkFrom = ({ kind, metadata: { namespace = '' }, spec }: Grant): readonly string[] =>
  spec.extends === undefined ? [] : [`${kind}/${namespace}/${spec.extends.name}/${spec.extends.uid}`];
