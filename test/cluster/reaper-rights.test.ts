/** The reaper's rights are what it uses, and no more: each is taken from it in turn, and its exit code and words tell. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { bindingAt, placesOf, type StoredBinding } from '../../src/domain/binding.ts';
import { formatTime } from '../../src/domain/duration.ts';
import { defaultSettings } from '../../src/guard/settings.ts';
import { aGrant } from '../domain/fixtures.ts';
import { sender } from './attacks/request.ts';
import { cluster } from './cluster.ts';
import { type Workplace, workplace } from './grants.ts';
import { createReaper, type Reaper } from './reaper-process.ts';
import { clusterRole, type StrippedRole, strippedRole } from './stripped-role.ts';

const send = sender(cluster());
const rbac = 'rbac.authorization.k8s.io';

let place: Workplace;
let reaper: Reaper;
let role: StrippedRole;

beforeAll(async () => {
  const build = join(import.meta.dirname, '..', '..', 'scripts', 'build.ts');
  await promisify(execFile)(process.execPath, [build]);
  role = await strippedRole(send, clusterRole('curfew-reaper'), defaultSettings.reaperUser);
  place = await workplace('reaper-rights');
  reaper = await createReaper(cluster());
  // What tests before this one have left behind.
  await reaper.once();
});
afterEach(() => role.whole());
afterAll(() => role.whole());

/** A binding past its end, of a grant that exists: the garbage collector is at work. No operator is. */
async function overdue(name: string): Promise<StoredBinding> {
  const { metadata, spec } = await place.ask(name);
  const asked = aGrant();
  const grant = {
    ...asked,
    metadata: { ...asked.metadata, namespace: place.namespace, name, uid: metadata.uid },
    spec: { ...asked.spec, ...spec },
  };
  const [at] = placesOf(grant);
  if (at === undefined) throw new Error('expected a grant to have a place');
  const { code, body, message } = await send(
    { user: defaultSettings.operatorUser },
    {
      method: 'POST',
      path: `/apis/${rbac}/v1/namespaces/${place.namespace}/rolebindings`,
      body: bindingAt(at, grant, formatTime(Date.now() - 1000), []),
    },
  );
  expect(code, message).toBe(201);
  return body as unknown as StoredBinding;
}

const stands = async ({ metadata: { name } }: StoredBinding): Promise<boolean> =>
  (await place.bindings()).some((binding) => binding.endsWith(name));

it('has no others than these', () => {
  const bindings = ['rolebindings', 'clusterrolebindings'];
  const onBindings = bindings.flatMap((plural) => [`list ${plural}.${rbac}`, `delete ${plural}.${rbac}`]);
  expect(role.rights.toSorted()).toEqual([...onBindings, 'create events.events.k8s.io'].toSorted());
});

async function runWithoutList(plural: string): Promise<void> {
  await role.without(`list ${plural}.${rbac}`);
  const { code, lines } = await reaper.once();
  expect(code).toBe(1);
  const failure = expect.stringContaining(`cannot list resource "${plural}"`) as unknown;
  expect(lines.at(-1)).toMatchObject({ failures: [failure] });
}

it('without list on one kind it says that it could not look there, and looks at the other all the same', async () => {
  const past = await overdue('unlisted');
  await runWithoutList('rolebindings');
  expect(await stands(past)).toBe(true);
  await runWithoutList('clusterrolebindings');
  expect(await stands(past)).toBe(false);
});

it('without delete it says that the binding stands', async () => {
  await role.without(`delete rolebindings.${rbac}`);
  const past = await overdue('undeleted');
  const { code, lines } = await reaper.once();
  expect(code).toBe(3);
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'error',
      step: 'Kept',
      id: past.metadata.uid,
      why: expect.stringContaining('cannot delete resource "rolebindings"') as unknown,
    }),
  );
  expect(await stands(past)).toBe(true);
});

it('without create on events it deletes all the same, and warns', async () => {
  await role.without('create events.events.k8s.io');
  const past = await overdue('untold');
  const { code, lines } = await reaper.once();
  expect(code).toBe(2);
  expect(await stands(past)).toBe(false);
  expect(lines).toContainEqual(
    expect.objectContaining({
      level: 'warn',
      message: 'Events could not be written',
      first: expect.stringContaining('cannot create resource "events"') as unknown,
    }),
  );
  expect(await place.events('untold')).toEqual([]);
});
