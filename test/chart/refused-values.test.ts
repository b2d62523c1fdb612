/** Values that cannot be meant: refused before anything is installed, with words that say where and what. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { chartFolder, createHelm, type Helm } from './helm.ts';

let folder: string;
let helm: Helm;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'curfew-values-'));
  helm = await createHelm(join(folder, 'helm'));
}, 600_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([
  ['a key that is misspelt', { operator: { replica: 3 } }, /'\/operator'.*'replica' not allowed/],
  ['a key at the top', { grantablerole: [] }, /additional properties 'grantablerole' not allowed/],
  [
    'a number in words',
    { operator: { replicas: 'two' } },
    /'\/operator\/replicas': got string, want integer/,
  ],
  ['a wildcard for all roles', { grantableRoles: ['*'] }, /'\/grantableRoles\/0': '\*' does not match/],
  ['a prefix for many roles', { grantableRoles: ['team-*'] }, /'\/grantableRoles\/0'/],
  ['a name without text', { grantableRoles: [''] }, /'\/grantableRoles\/0': minLength/],
  ['roles that are no list', { grantableRoles: 'view' }, /'\/grantableRoles': got string, want array/],
  ['half a digest', { image: { digest: 'sha256:abc' } }, /'\/image\/digest'/],
  ['a policy without a name', { policies: { 'Not A Name': {} } }, /'Not A Name' does not match/],
  ['a list of policies', { policies: [{ name: 'default' }] }, /'\/policies': got array, want object/],
  ['a log level', { operator: { logLevel: 'loud' } }, /'\/operator\/logLevel': value must be one of 'debug'/],
  [
    'too many workers',
    { operator: { workers: 1000 } },
    /'\/operator\/workers': maximum: got 1,?000, want 256/,
  ],
  ['a schedule in words', { reaper: { schedule: 'every minute' } }, /'\/reaper\/schedule'/],
  ['a label that cannot be one', { commonLabels: { team: 'a b' } }, /'\/commonLabels\/team'/],
  [
    'one identity for both',
    { reaper: { serviceAccount: { name: 'curfew-operator' } } },
    /operator\.serviceAccount\.name and reaper\.serviceAccount\.name to differ/,
  ],
  ['a limit that is misspelt', { reaper: { resources: { limit: {} } } }, /'limit' not allowed/],
])('%s', async (_what, values, words) => {
  const path = join(folder, 'values.yaml');
  await writeFile(path, stringify(values));
  const attempt = await helm(['template', 'curfew', chartFolder, '--values', path], { allowFailure: true });
  expect(attempt.code).not.toBe(0);
  expect(attempt.stderr).toMatch(words);
});
