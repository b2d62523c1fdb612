/**
 * The guard of an installation is the template with its blanks filled in, and nothing else: what a chart fills in is then the
 * guard that the operator expects, whatever the names.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { objectionTo } from '../../src/domain/check.ts';
import { defaultInstallation, type Installation } from '../../src/domain/installation.ts';
import { acceptedGuard, flawOf, type SeenGuard } from '../../src/guard/accepted.ts';
import { createGuard, guardTemplate } from '../../src/guard/admission.ts';
import { guardKey, guardLabel, type GuardObject } from '../../src/guard/guard-object.ts';
import { blanks, settingsOf } from '../../src/guard/settings.ts';
import { aGrant, aPolicy } from './fixtures.ts';

const name = fc.stringMatching(/^[a-z0-9]([-a-z0-9]{0,20}[a-z0-9])?$/);
const installations: fc.Arbitrary<Installation> = fc.record({
  namespace: name,
  serviceAccount: name,
  reaperServiceAccount: name,
});

/** What a chart does. */
function filledIn(installation: Installation): unknown {
  const { stamp, policies } = guardTemplate();
  const { operatorUser, reaperUser } = settingsOf(installation);
  const { hash } = createGuard(settingsOf(installation));
  const values: Record<keyof typeof blanks, string> = { ...installation, operatorUser, reaperUser, hash };
  const text = Object.entries(blanks).reduce(
    (filled, [key, blank]) => filled.replaceAll(blank, values[key as keyof typeof blanks]),
    JSON.stringify({ stamp, policies }),
  );
  return JSON.parse(text);
}

it('is the template with its blanks filled in', () => {
  fc.assert(
    fc.property(installations, (installation) => {
      const { stamp, policies } = createGuard(settingsOf(installation));
      expect(filledIn(installation)).toEqual({ stamp, policies });
    }),
  );
});

const inCluster = (installation: Installation): SeenGuard =>
  new Map(
    Array.from(
      acceptedGuard(createGuard(settingsOf(installation))).objects.values(),
      ({ kind, name: called, spec }): readonly [string, GuardObject] => [
        guardKey(kind, called),
        {
          metadata: {
            name: called,
            uid: called,
            generation: 1,
            resourceVersion: '1',
            labels: { [guardLabel.name]: guardLabel.value },
          },
          spec,
        },
      ],
    ),
  );

describe.each([
  { ...defaultInstallation, namespace: 'elsewhere' },
  { ...defaultInstallation, serviceAccount: 'other' },
  { ...defaultInstallation, reaperServiceAccount: 'other' },
])('an operator with %j', (installation) => {
  const accepted = acceptedGuard(createGuard(settingsOf(installation)));
  it('accepts the guard of its installation and not that of the default one', () => {
    expect(flawOf(accepted, inCluster(installation))).toBeUndefined();
    expect(flawOf(accepted, inCluster(defaultInstallation))).toMatch(/is not that of this release/);
    expect(flawOf(acceptedGuard(), inCluster(installation))).toMatch(/is not that of this release/);
  });
});

const grantIn = (namespace: string) => {
  const grant = aGrant();
  return { ...grant, metadata: { ...grant.metadata, namespace } };
};

describe('grants', () => {
  const policy = aPolicy({ roles: [{ kind: 'ClusterRole', name: '*' }] });
  const installation = { namespace: 'security', serviceAccount: 'keeper', reaperServiceAccount: 'sweeper' };

  it.each(['security', 'kube-system', 'kube-public', 'kube-node-lease'])(
    'give nothing in %s',
    (namespace) => {
      expect(objectionTo(grantIn(namespace), policy, installation)?.message).toContain(
        'not given in namespace',
      );
    },
  );

  it('give something where Curfew does not live', () => {
    expect(objectionTo(grantIn('curfew-system'), policy, installation)).toBeUndefined();
    expect(objectionTo(grantIn('security'), policy, defaultInstallation)).toBeUndefined();
  });

  it.each(['keeper', 'keeper-grantable-roles', 'sweeper'])('never give the role %s of its own', (role) => {
    const grant = aGrant({ roleRef: { kind: 'ClusterRole', name: role } });
    expect(objectionTo(grant, policy, installation)?.message).toContain('are never given');
    expect(objectionTo(grant, policy, defaultInstallation)).toBeUndefined();
  });
});
