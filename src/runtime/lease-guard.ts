/**
 * An Api that writes only while leading: it asks the clock right before each attempt to send something. A process that was
 * paused past its deadline thus does nothing more, even before its timers have run, also where a write was waiting for its
 * turn, for a connection or to be repeated.
 *
 * What it cannot stop are bytes that have been handed to the socket already. Must not know who leads.
 */
import type { Api, DeleteOptions } from './api.ts';
import { NotSentError } from './api-error.ts';

/** @throws from each write, without sending it, a NotSentError when `stillLeading` answers false; reads go through */
export function guardWrites(api: Api, stillLeading: () => boolean): Api {
  const guarded = (what: string, options: DeleteOptions | undefined): DeleteOptions => {
    const permit = (): void => {
      if (stillLeading()) return;
      throw new NotSentError(
        `${what}: expected to hold the lease, it was lost; nothing was sent, the new leader does it`,
      );
    };
    // What cannot be sent need not wait for its turn.
    permit();
    return { ...options, permit };
  };
  return {
    ...api,
    create: async (resource, namespace, body, options) =>
      api.create(resource, namespace, body, guarded(`POST ${resource.plural}`, options)),
    replace: async (ref, body, options) =>
      api.replace(ref, body, guarded(`PUT ${ref.resource.plural} ${ref.name}`, options)),
    patch: async (ref, type, body, options) =>
      api.patch(ref, type, body, guarded(`PATCH ${ref.resource.plural} ${ref.name}`, options)),
    delete: async (ref, options) =>
      api.delete(ref, guarded(`DELETE ${ref.resource.plural} ${ref.name}`, options)),
  };
}
