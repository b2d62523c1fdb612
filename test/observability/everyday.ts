/**
 * A few teams that go about their work: they ask, wait for somebody, get access or are refused, and give it back or let it run
 * out. Never the same moment twice, but the same plan each time.
 *
 * Must not know who looks on.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from '../cluster/cluster.ts';
import { type Workplace, workplace } from '../cluster/grants.ts';

const role = (name: string): object => ({ kind: 'ClusterRole', name });

/** Beside the default one: two people must approve; and a merged pull request is approval enough. */
const policies = [
  { name: 'production', spec: { approval: { required: 2, timeout: '1h' } } },
  { name: 'automatic', spec: { approval: { required: 0 }, expiration: 'AbsoluteRequired' } },
].map(({ name, spec }) => ({
  apiVersion: 'curfew.dev/v1alpha1',
  kind: 'TemporaryAccessPolicy',
  metadata: { name },
  spec: { roles: [role('edit'), role('view')], duration: { default: '1h', max: '8h' }, ...spec },
}));

const namespaces = ['payments', 'checkout', 'search', 'billing'] as const;

export interface Everyday {
  /** By namespace. */
  readonly places: readonly Workplace[];
  /** Grants are asked for, one every two seconds, until so much time is over; resolves when the last has begun, is over, or waits for good. */
  readonly goOn: (duration_ms: number) => Promise<void>;
}

/** Makes the policies, and the namespaces with their people. */
export async function settle(home: Cluster): Promise<Everyday> {
  await home.apply(policies);
  const plainly = async ({ prefix = '' }: { readonly prefix?: string } = {}): Promise<string> => {
    await home.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: prefix } });
    return prefix;
  };
  const places = await Promise.all(
    namespaces.map((name) => workplace(name, { ...home, namespace: plainly })),
  );
  return { places, goOn: (duration_ms) => goOn(places, duration_ms) };
}

const interval_ms = 2000;

async function goOn(places: readonly Workplace[], duration_ms: number): Promise<void> {
  const lives: Promise<void>[] = [];
  for (let index = 0; index * interval_ms < duration_ms; index += 1) {
    const place = places[(index * 7) % places.length];
    if (place !== undefined) lives.push(live(place, index));
    await delay(interval_ms);
  }
  await Promise.all(lives);
}

/** What becomes of a grant, by its number. */
async function live(place: Workplace, index: number): Promise<void> {
  const name = `inc-${4700 + index}`;
  const duration = `${20 + ((index * 17) % 50)}s`;
  const strict = index % 5 === 3;
  await place.ask(name, {
    ...(strict ? { policyRef: { name: 'production' } } : {}),
    roleRef: { kind: 'ClusterRole', name: index % 3 === 1 ? 'view' : 'edit' },
    duration,
  });
  // How long people need before they answer.
  await delay(1000 + ((index * 13) % 9) * 1000);
  if (index % 11 === 6) return;
  if (index % 9 === 4) {
    await place.decide(name, 'carol', 'Denied');
    await place.reach(name, 'Denied', 60);
    return;
  }
  await place.decide(name, 'bob', 'Approved');
  if (strict) await place.decide(name, 'carol', 'Approved');
  await place.reach(name, 'Active', 60);
  if (index % 7 === 2) {
    await place.decide(name, 'alice', 'Withdrawn');
    await place.reach(name, 'Withdrawn', 60);
  }
}
