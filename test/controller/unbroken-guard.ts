/** A guard that has always been in force, for tests in which nobody touches it. */
import type { Shell } from '../../src/controller/apply.ts';
import type { GuardVerdict } from '../../src/domain/guard-verdict.ts';

const verified: GuardVerdict = { kind: 'Verified', since_ms: 0 };

export const unbrokenGuard: Shell['guard'] = { verdict: () => verified, check: async () => verified };
