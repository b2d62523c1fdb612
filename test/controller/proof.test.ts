/** How often the API server is asked for proof when it names other bindings than ours. */
import { describe, expect, it } from 'vitest';
import { answer, type Sources } from '../../src/controller/gather.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import { bindingAt, bindingName, placeKey, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import type { ReviewAnswer } from '../../src/domain/review.ts';
import type { World } from '../../src/domain/world.ts';
import type { Api } from '../../src/runtime/api.ts';
import { aGrant } from '../domain/fixtures.ts';

const grant = aGrant();
const world: World = {
  installation: defaultInstallation,
  grant,
  grantIsLive: true,
  policy: undefined,
  role: undefined,
  bindings: new Map(),
  predecessors: [],
  answers: {},
};
const where = (binding: StoredBinding | undefined): World => {
  const liveBindings = new Map(placesOf(grant).map((place) => [placeKey(place), binding]));
  return { ...world, answers: { liveBindings } };
};
const afterDeletion = where(undefined);
const [place = { kind: 'RoleBinding', name: '' } as const] = placesOf(grant);
const made = bindingAt(place, grant, '', []);
const afterCreation = where({
  ...made,
  metadata: { ...made.metadata, uid: 'b-1', resourceVersion: '1', generation: 1, creationTimestamp: '' },
});
const review = { user: 'alice', resourceAttributes: { verb: 'create', group: '', resource: 'pods' } };

const by = (binding: string): ReviewAnswer => ({
  allowed: true,
  reason: `RBAC: allowed by ${binding} of ClusterRole "edit" to User "alice"`,
});
const ours = by(`RoleBinding "${bindingName(grant)}/payments"`);
const another = by('RoleBinding "team/payments"');
const everywhere = by('ClusterRoleBinding "admins"');
const denied: ReviewAnswer = { allowed: false, reason: '' };

/** What is made of these answers, given one after the other, the last again and again; and how many were asked for. */
const ask = (...given: readonly ReviewAnswer[]) => askOf(world, ...given);

async function askOf(from: World, ...given: readonly ReviewAnswer[]) {
  let asked = 0;
  const create = async (): Promise<unknown> => {
    const status = given[Math.min(asked, given.length - 1)];
    asked += 1;
    return { status };
  };
  const question = { kind: 'Access', reviews: [review] } as const;
  const { signal } = new AbortController();
  const guard: Sources['guard'] = {
    check: () => Promise.reject(new Error('nobody asks about the guard here')),
  };
  const after = await answer({ api: { create } as unknown as Api, guard }, from, question, signal);
  return { access: after?.answers.access, asked };
}

describe('proof', () => {
  it('is settled by one answer that names our binding, or that says no', async () => {
    expect(await ask(ours)).toEqual({ access: [ours], asked: 1 });
    expect(await ask(denied)).toEqual({ access: [denied], asked: 1 });
  });

  it('is asked for again while another binding is named, until ours is', async () => {
    expect(await ask(another, another, ours)).toEqual({ access: [ours], asked: 3 });
  });

  it('is standing access after twelve answers that name others', async () => {
    expect(await ask(another)).toEqual({ access: [another], asked: 12 });
  });

  it('is asked for again where our binding is gone and named all the same: the API server is late', async () => {
    expect(await askOf(afterDeletion, ours, ours, denied)).toEqual({ access: [denied], asked: 3 });
    expect(await askOf(afterDeletion, ours)).toEqual({ access: [ours], asked: 12 });
    // What others allow is asked about as often as ever once ours is no longer named.
    expect(await askOf(afterDeletion, ours, another, ours)).toEqual({ access: [ours], asked: 3 });
    expect(await askOf(afterDeletion, ours, another)).toEqual({ access: [another], asked: 13 });
  });

  it('is asked for again where our binding stands and access is denied: the API server is late', async () => {
    expect(await askOf(afterCreation, denied, denied, ours)).toEqual({ access: [ours], asked: 3 });
    expect(await askOf(afterCreation, denied)).toEqual({ access: [denied], asked: 12 });
  });

  it('is not asked for again where a ClusterRoleBinding allows: it hides every RoleBinding', async () => {
    expect(await ask(everywhere)).toEqual({ access: [everywhere], asked: 1 });
  });
});
