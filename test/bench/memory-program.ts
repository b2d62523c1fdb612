/**
 * What one grant takes of the heap, as the API server sends it and as a store keeps it. Started by a test, with a kubeconfig.
 *
 * Must not know how many grants there are.
 */
import { grantResource } from '../../src/controller/resources.ts';
import type { Grant } from '../../src/domain/grant.ts';
import { createHttpApi } from '../../src/kube/http-api.ts';
import { loadConnection } from '../../src/kube/kubeconfig.ts';
import { createStore } from '../../src/runtime/store.ts';
import { systemClock } from '../../src/runtime/system-clock.ts';
import { heapAtRest, report } from './measuring.ts';

export interface MemoryReport {
  readonly objects: number;
  /** For one object. */
  readonly sent_bytes: number;
  readonly stored_bytes: number;
}

const [kubeconfig] = process.argv.slice(2);
const api = createHttpApi({
  connection: loadConnection(kubeconfig),
  clock: systemClock,
  userAgent: 'curfew-bench',
});
const read = async () => (await api.list<Grant>(grantResource.TemporaryAccessGrant)).items;
const noStore = () => createStore<Grant>({ onChange: () => {}, onError: () => {} });

/** Bytes of heap that stay with what `make` resolves to. */
async function heapOf<T>(make: () => Promise<T>): Promise<readonly [bytes: number, made: T]> {
  const before_bytes = await heapAtRest();
  const made = await make();
  return [(await heapAtRest()) - before_bytes, made];
}

// Once before anything is measured, for what Node loads and keeps at the first request.
await read();
const [sent_bytes, { length: objects }] = await heapOf(read);
const [stored_bytes, { size }] = await heapOf(async () => {
  const store = noStore();
  store.apply({ type: 'Replace', objects: await read() });
  return store;
});
await api.close();
if (size !== objects) throw new Error(`expected the store to hold ${objects} objects, it holds ${size}`);
await report({
  objects,
  sent_bytes: sent_bytes / objects,
  stored_bytes: stored_bytes / objects,
} satisfies MemoryReport);
process.disconnect();
