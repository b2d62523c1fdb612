/** What a replica does with changes while another one leads, and what it looks at when it begins to lead. */
import { describe, expect, it } from 'vitest';
import { type Cache, createCache } from '../../src/controller/cache.ts';
import { createDeparted } from '../../src/controller/departed.ts';
import { createIntake } from '../../src/controller/intake.ts';
import type { Grant } from '../../src/domain/grant.ts';
import { aGrant } from '../domain/fixtures.ts';
import { createVirtualClock } from '../runtime/virtual-clock.ts';

function grant(name: string, phase: 'Pending' | 'Active'): Grant {
  const like = aGrant({}, { phase });
  return { ...like, metadata: { ...like.metadata, name, uid: `uid-${name}` } };
}

function begin() {
  const clock = createVirtualClock();
  const queued: string[] = [];
  const departed = createDeparted(clock);
  const intake = createIntake({ add: (key) => void queued.push(key) }, departed);
  const cache: Cache = createCache({
    enqueue: intake.changed,
    departed,
    onError: (error) => {
      throw error;
    },
  });
  const { TemporaryAccessGrant: grants } = cache.grants;
  return { clock, queued, intake, cache, grants };
}

const workOf = (name: string): string => `TemporaryAccessGrant/payments/${name}`;

describe('a replica that stands by', () => {
  it('queues nothing, however much changes', () => {
    const { queued, grants } = begin();
    for (let change = 0; change < 100; change += 1) {
      grants.apply({ type: 'Apply', object: grant(`inc-${change}`, 'Pending') });
    }
    expect(queued).toEqual([]);
  });

  it('looks at everything that there is when it begins to lead, and at every change from then on', () => {
    const { queued, intake, cache, grants } = begin();
    grants.apply({ type: 'Replace', objects: [grant('inc-1', 'Active'), grant('inc-2', 'Pending')] });
    intake.open(cache);
    expect(queued).toEqual([workOf('inc-1'), workOf('inc-2')]);
    grants.apply({ type: 'Apply', object: grant('inc-3', 'Pending') });
    expect(queued.at(-1)).toBe(workOf('inc-3'));
  });

  it('begins with what holds access, before it knows who else does', () => {
    const { queued, intake, cache, grants } = begin();
    const objects = [grant('inc-1', 'Pending'), grant('inc-2', 'Active')];
    grants.apply({ type: 'Replace', objects });
    intake.openForEnds(cache);
    grants.apply({ type: 'Apply', object: grant('inc-3', 'Pending') });
    expect(queued).toEqual([workOf('inc-2')]);
    intake.open(cache);
    expect(queued.slice(1)).toEqual([workOf('inc-1'), workOf('inc-2'), workOf('inc-3')]);
  });

  it('takes over the last word on a grant that was deleted just now', async () => {
    const { clock, queued, intake, cache, grants } = begin();
    grants.apply({ type: 'Apply', object: grant('inc-1', 'Active') });
    grants.apply({ type: 'Delete', object: grant('inc-1', 'Active') });
    await clock.advance(299_000);
    intake.open(cache);
    expect(queued).toEqual([workOf('inc-1')]);
    expect(cache.departed.of(workOf('inc-1')).map(({ metadata }) => metadata.name)).toEqual(['inc-1']);
  });

  it('keeps no memory of grants that were deleted long ago', async () => {
    const { clock, intake, cache, grants } = begin();
    for (let life = 0; life < 100; life += 1) {
      grants.apply({ type: 'Apply', object: grant(`inc-${life}`, 'Active') });
      grants.apply({ type: 'Delete', object: grant(`inc-${life}`, 'Active') });
      await clock.advance(60_000);
    }
    expect([...cache.departed.keys()].length).toBeLessThanOrEqual(6);
    await clock.advance(300_000);
    intake.open(cache);
    expect([...cache.departed.keys()]).toEqual([]);
  });
});

describe('a leader', () => {
  it('forgets no grant whose end has not been told, however long that takes', async () => {
    const { clock, intake, cache, grants } = begin();
    intake.open(cache);
    grants.apply({ type: 'Apply', object: grant('inc-1', 'Active') });
    grants.apply({ type: 'Delete', object: grant('inc-1', 'Active') });
    await clock.advance(3_600_000);
    grants.apply({ type: 'Apply', object: grant('inc-2', 'Pending') });
    expect([...cache.departed.keys()]).toEqual([workOf('inc-1')]);
  });
});
