/**
 * Installing over a guard that somebody has weakened: it is as it should be again, object by object the same ones, and those
 * that nobody has touched are not written.
 */
import { afterAll, expect, it } from 'vitest';
import { install } from '../../scripts/install.ts';
import { acceptedGuard, flawOf, type SeenGuard } from '../../src/guard/accepted.ts';
import { guardKey } from '../../src/guard/guard-object.ts';
import { cluster } from './cluster.ts';
import { putBack, putOnRecord, seenGuard, tamperings } from './guard-tampering.ts';

afterAll(async () => {
  await putBack();
  await putOnRecord();
});

/** Each adds something, to a list or in a field of its own, that an apply would keep. */
const additions = [
  'a binding is set to audit only',
  'a binding is limited to some namespaces',
  'a policy looks away under a condition',
];
const edited = new Set([
  guardKey('ValidatingAdmissionPolicyBinding', 'curfew-decisions'),
  guardKey('ValidatingAdmissionPolicy', 'curfew-decisions'),
  guardKey('ValidatingAdmissionPolicyBinding', 'curfew-feedback'),
  guardKey('CustomResourceDefinition', 'temporaryaccesspolicies.curfew.dev'),
]);

const merge = (kind: string, name: string, spec: object): Promise<unknown> =>
  cluster().kubectl(['patch', kind, name, '--type=merge', `--patch=${JSON.stringify({ spec })}`]);

async function weaken(): Promise<void> {
  const acts = tamperings.filter(({ what }) => additions.includes(what));
  expect(acts.length).toBe(additions.length);
  for (const { act } of acts) await act();
  await merge('validatingadmissionpolicybinding', 'curfew-feedback', { validationActions: ['Warn'] });
  const clientConfig = { url: 'https://localhost:1/convert' };
  const webhook = { conversionReviewVersions: ['v1'], clientConfig };
  await merge('crd', 'temporaryaccesspolicies.curfew.dev', {
    conversion: { strategy: 'Webhook', webhook },
  });
}

type Fingerprint = Readonly<Record<'uid' | 'generation' | 'resourceVersion', string | number>>;

const fingerprints = (guard: SeenGuard): ReadonlyMap<string, Fingerprint> =>
  new Map(
    Array.from(
      guard,
      ([
        key,
        {
          metadata: { uid, generation, resourceVersion },
        },
      ]) => [key, { uid, generation, resourceVersion }],
    ),
  );
const uids = (guard: SeenGuard): readonly string[] =>
  Array.from(guard, ([key, { metadata }]) => `${key} ${metadata.uid}`).toSorted();
const untouched = (guard: SeenGuard): ReadonlyMap<string, Fingerprint> =>
  new Map([...fingerprints(guard)].filter(([key]) => !edited.has(key)));

it('puts a weakened guard back as it should be, and leaves alone what is as it should be', async () => {
  const before = await seenGuard();
  expect(flawOf(acceptedGuard(), before)).toBeUndefined();
  await weaken();
  const weakened = await seenGuard();
  expect(flawOf(acceptedGuard(), weakened)).toBeDefined();
  for (const key of edited) expect(weakened.get(key)?.spec, key).not.toEqual(before.get(key)?.spec);

  const { kubectlPath, kubeconfigPath, dataDir } = cluster();
  await install({ kubectlPath, kubeconfigPath, dataDir }, {});
  const after = await seenGuard();
  expect(flawOf(acceptedGuard(), after)).toBeUndefined();
  for (const key of edited) expect(after.get(key)?.spec, key).toEqual(before.get(key)?.spec);
  expect(uids(after)).toEqual(uids(before));
  expect(untouched(after).size).toBeGreaterThan(5);
  expect(untouched(after)).toEqual(untouched(before));
});
