/**
 * Which request goes first when not all can: taking access away or giving it, before looking, before saying so in the
 * status, before telling people.
 *
 * Must not know how requests wait.
 */
import type { Resource } from '../runtime/api.ts';
import { bindingResource, eventResource } from './resources.ts';

export type Priority = 'Access' | 'Read' | 'Status' | 'Event';

const bindings: ReadonlySet<string> = new Set(Object.values(bindingResource).map(({ plural }) => plural));
const reading: ReadonlySet<string> = new Set(['GET', 'LIST', 'WATCH']);

/** `method` as people say it: LIST and WATCH besides those of HTTP. */
export function priorityOf({
  method,
  resource,
  subresource,
}: {
  readonly method: string;
  readonly resource: Resource;
  readonly subresource?: string | undefined;
}): Priority {
  // Reading one belongs to telling people.
  if (resource.plural === eventResource.plural) return 'Event';
  if (reading.has(method)) return 'Read';
  if (subresource === 'status') return 'Status';
  return bindings.has(resource.plural) ? 'Access' : 'Read';
}
