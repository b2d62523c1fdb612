import { describe, expect, it } from 'vitest';
import { defaultInstallation } from '../../src/domain/installation.ts';
import { parseFlags } from '../../src/operator-flags.ts';

describe("the operator's own namespace", () => {
  it('is curfew-system where nothing is said', () => {
    const { installation, leaseNamespace } = parseFlags([], {});
    expect(installation).toEqual(defaultInstallation);
    expect(leaseNamespace).toBe('curfew-system');
  });

  it('is that of its pod, and its Lease is there', () => {
    const { installation, leaseNamespace } = parseFlags([], { POD_NAMESPACE: 'security' });
    expect(installation).toEqual({ ...defaultInstallation, namespace: 'security' });
    expect(leaseNamespace).toBe('security');
  });

  it('is what the flags say, whatever the pod says, and the Lease may be elsewhere', () => {
    const args = ['--namespace=own', '--service-account=keeper', '--reaper-service-account=sweeper.v2'];
    const { installation, leaseNamespace } = parseFlags(
      [...args, '--leader-elect-resource-namespace=leases'],
      { POD_NAMESPACE: 'security' },
    );
    expect(installation).toEqual({
      namespace: 'own',
      serviceAccount: 'keeper',
      reaperServiceAccount: 'sweeper.v2',
    });
    expect(leaseNamespace).toBe('leases');
  });

  it.each([
    [['--namespace='], {}, /expected --namespace to be/],
    [[], { POD_NAMESPACE: '' }, /expected --namespace to be .* got ""/],
    [['--namespace=a.b'], {}, /expected --namespace to be/],
    [['--namespace=kube-system,x'], {}, /expected --namespace to be/],
    [[`--namespace=${'a'.repeat(64)}`], {}, /expected --namespace to be/],
    [['--service-account='], {}, /expected --service-account to be/],
    [['--service-account=a:b'], {}, /expected --service-account to be/],
    [['--reaper-service-account=a"b'], {}, /expected --reaper-service-account to be/],
    [['--reaper-service-account=a\nb'], {}, /expected --reaper-service-account to be/],
  ])('%j are refused with a word on what was expected', (args, environment, message) => {
    expect(() => parseFlags(args, environment)).toThrow(message);
  });
});
