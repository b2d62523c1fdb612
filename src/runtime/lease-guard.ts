/**
 * An Api that writes only while leading: it asks the clock right before each request. A process that was paused past its
 * deadline thus does nothing more, even before its timers have run.
 *
 * What it cannot stop is a request that has been handed on already. Must not know who leads.
 */
import type { Api } from './api.ts';

/** @throws from each write, without sending it, an Error when `stillLeading` answers false; reads go through */
export function guardWrites(api: Api, stillLeading: () => boolean): Api {
  const guarded = async <T>(what: string, write: () => Promise<T>): Promise<T> => {
    if (stillLeading()) return write();
    throw new Error(
      `${what}: expected to hold the lease, it was lost; nothing was sent, the new leader does it`,
    );
  };
  return {
    ...api,
    create: (resource, ...rest) => guarded(`POST ${resource.plural}`, () => api.create(resource, ...rest)),
    replace: (ref, ...rest) =>
      guarded(`PUT ${ref.resource.plural} ${ref.name}`, () => api.replace(ref, ...rest)),
    patch: (ref, ...rest) =>
      guarded(`PATCH ${ref.resource.plural} ${ref.name}`, () => api.patch(ref, ...rest)),
    delete: (ref, ...rest) =>
      guarded(`DELETE ${ref.resource.plural} ${ref.name}`, () => api.delete(ref, ...rest)),
  };
}
