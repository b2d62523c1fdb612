/** The hash by which a guard is recognised. */
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { defaultInstallation } from '../../src/domain/installation.ts';
import { createGuard, guardTemplate } from '../../src/guard/admission.ts';
import { defaultSettings, settingsOf } from '../../src/guard/settings.ts';

it('is the same for the same guard, stands in what is applied, and changes with each setting', () => {
  const { hash, policies } = createGuard();
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  expect(createGuard().hash).toBe(hash);
  expect(JSON.stringify(policies)).toContain(`curfew guard ${hash}`);
  const others = [
    { ...defaultSettings, operatorUser: 'other' },
    { ...defaultSettings, reaperUser: 'other' },
    { ...defaultSettings, forbiddenNamespaces: [...defaultSettings.forbiddenNamespaces, 'other'] },
    { ...defaultSettings, ownRolePrefixes: [...defaultSettings.ownRolePrefixes, 'other'] },
    settingsOf({ ...defaultInstallation, namespace: 'other' }),
    settingsOf({ ...defaultInstallation, serviceAccount: 'other' }),
    settingsOf({ ...defaultInstallation, reaperServiceAccount: 'other' }),
  ].map((settings) => createGuard(settings).hash);
  expect(new Set([hash, ...others]).size).toBe(others.length + 1);
});

it('can be made by hand from the hash of the rules and five lines', () => {
  const { hash } = createGuard(
    settingsOf({ namespace: 'security', serviceAccount: 'keeper', reaperServiceAccount: 'sweeper' }),
  );
  const lines = [
    guardTemplate().rulesHash,
    'system:serviceaccount:security:keeper',
    'system:serviceaccount:security:sweeper',
    'security,kube-node-lease,kube-public,kube-system',
    'keeper,sweeper',
  ];
  expect(createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16)).toBe(hash);
});
