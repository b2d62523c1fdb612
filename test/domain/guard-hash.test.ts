/** The hash by which a guard is recognised. */
import { expect, it } from 'vitest';
import { createGuard } from '../../src/guard/admission.ts';
import { defaultSettings } from '../../src/guard/settings.ts';

it('is the same for the same guard, stands in what is applied, and changes with each setting', () => {
  const { hash, policies } = createGuard();
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
  expect(createGuard().hash).toBe(hash);
  expect(JSON.stringify(policies)).toContain(`curfew guard ${hash}`);
  const others = [
    { ...defaultSettings, operatorUser: 'other' },
    { ...defaultSettings, reaperUser: 'other' },
    { ...defaultSettings, forbiddenNamespaces: [...defaultSettings.forbiddenNamespaces, 'other'] },
  ].map((settings) => createGuard(settings).hash);
  expect(new Set([hash, ...others]).size).toBe(4);
});
