/** Which work goes first: where access stands, then where it is to be proved or told that it is gone, then whoever asks. */
import { beforeEach, expect, it } from 'vitest';
import { type Cache, createCache } from '../../src/controller/cache.ts';
import { createDeparted } from '../../src/controller/departed.ts';
import { urgencyOf } from '../../src/controller/urgency.ts';
import { bindingAt, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import { aGrant } from '../domain/fixtures.ts';
import { createVirtualClock } from '../runtime/virtual-clock.ts';

let cache: Cache;
beforeEach(() => {
  const departed = createDeparted(createVirtualClock());
  cache = createCache({ enqueue: () => undefined, departed, onError: (error) => expect.fail(String(error)) });
});

const active = aGrant({}, { phase: 'Active', expirationTime: '2026-01-01T01:00:00Z' });
const key = `TemporaryAccessGrant/${active.metadata.namespace}/${active.metadata.name}`;

const [place] = placesOf(active);
if (place === undefined) throw new Error('expected a place for the binding of a grant');
const made = bindingAt(place, active, '2026-01-01T01:00:00Z', []);
const binding: StoredBinding = {
  ...made,
  metadata: { ...active.metadata, ...made.metadata, uid: 'uid-of-binding', resourceVersion: '7' },
};

const show = (grant: typeof active): void =>
  cache.grants.TemporaryAccessGrant.apply({ type: 'Replace', objects: [grant] });
const bind = (): void => cache.bindings.RoleBinding.apply({ type: 'Replace', objects: [binding] });

it('a grant whose binding stands is urgent, and so is the binding', () => {
  show(active);
  bind();
  expect(urgencyOf({ cache }, key)).toBe('Urgent');
  expect(urgencyOf({ cache }, `RoleBinding/${place.namespace}/${place.name}`)).toBe('Urgent');
});

it('a grant that holds access of which nothing stands goes after those, and before whoever asks', () => {
  show(active);
  expect(urgencyOf({ cache }, key)).toBe('Raised');
  bind();
  cache.bindings.RoleBinding.forget(`${place.namespace}/${place.name}`, 'uid-of-binding');
  expect(urgencyOf({ cache }, key), 'its binding has just been deleted').toBe('Raised');
});

it.each(['Pending', 'Scheduled', 'Expired', 'Revoked'] as const)('a grant that is %s comes last', (phase) => {
  show({ ...active, status: { ...active.status, phase } });
  expect(urgencyOf({ cache }, key)).toBe('Ordinary');
});

it('a grant that was deleted while it held access is urgent until its end has been seen to', () => {
  show(active);
  cache.grants.TemporaryAccessGrant.apply({ type: 'Replace', objects: [] });
  expect(urgencyOf({ cache }, key)).toBe('Urgent');
  cache.conclude(key, active);
  expect(urgencyOf({ cache }, key)).toBe('Ordinary');
});
