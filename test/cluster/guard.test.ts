/** The admission policies as the API server sees them. */
import { describe, expect, it } from 'vitest';
import { createGuard } from '../../src/guard/admission.ts';
import { probeAnnotation, probeAnswer } from '../../src/guard/probe.ts';
import { defaultSettings } from '../../src/guard/settings.ts';
import { grantBody, grantPath } from './attacks/objects.ts';
import { patchTypes, sender } from './attacks/request.ts';
import { auditEnd, auditSince } from './audit-log.ts';
import { cluster } from './cluster.ts';
import { workplace } from './grants.ts';

interface Policy {
  readonly metadata: { readonly name: string; readonly generation: number };
  readonly status?: {
    readonly observedGeneration?: number;
    readonly typeChecking?: { readonly expressionWarnings?: readonly object[] };
  };
}

it('type-checks every expression of the guard without a warning', async () => {
  const { kubectl, eventually } = cluster();
  const args = ['get', 'validatingadmissionpolicies', '-l', 'app.kubernetes.io/part-of=curfew', '-o', 'json'];
  const policies = await eventually(async () => {
    const { items } = JSON.parse((await kubectl(args)).stdout) as { items: readonly Policy[] };
    const unchecked = items.filter(
      ({ metadata, status }) => status?.observedGeneration !== metadata.generation,
    );
    if (unchecked.length > 0)
      throw new Error(`not checked yet: ${unchecked.map((p) => p.metadata.name).join(', ')}`);
    return items;
  });
  expect(policies.map(({ metadata }) => metadata.name)).toEqual([
    'curfew-bindings',
    'curfew-decisions',
    'curfew-feedback',
    'curfew-grants',
    'curfew-upkeep',
  ]);
  expect(policies.flatMap(({ status }) => status?.typeChecking?.expressionWarnings ?? [])).toEqual([]);
});

const dryRun = (manifest: object, as: string) =>
  cluster().kubectl(['create', '--dry-run=server', '-f', '-'], {
    as,
    input: JSON.stringify(manifest),
    allowFailure: true,
  });

describe('a dry run by the operator that is marked as a probe', () => {
  const { hash, probes } = createGuard();
  it.each(probes)(
    'is answered by $policy alone, with the hash of the guard',
    async ({ policy, manifest }) => {
      const { stderr } = await dryRun(manifest, defaultSettings.operatorUser);
      expect(stderr).toContain(`${probeAnswer(hash)}: ${policy} is in force`);
      expect(stderr).toContain(`ValidatingAdmissionPolicy '${policy}'`);
    },
  );

  it('shows whether the API server stamps the requester', async () => {
    const [probe] = probes;
    const { stderr } = await dryRun(probe?.manifest ?? {}, defaultSettings.operatorUser);
    const { stdout } = await cluster().kubectl(['get', '--raw', '/apis/admissionregistration.k8s.io/v1']);
    const stamped = stdout.includes('"mutatingadmissionpolicies"');
    expect(stderr).toContain(`requester ${stamped ? defaultSettings.operatorUser : 'curfew-probe'}`);
  });

  it('is let through where no policy goes by that name: nothing is stored', async () => {
    const manifest = {
      ...probes[0]?.manifest,
      metadata: { name: 'x', annotations: { [probeAnnotation]: 'x' } },
    };
    const { code, stderr } = await dryRun(manifest, defaultSettings.operatorUser);
    expect(code, stderr).toBe(0);
  });

  it('means nothing from anybody else', async () => {
    const [probe] = probes;
    const { stderr } = await dryRun(probe?.manifest ?? {}, 'mallory');
    expect(stderr).not.toContain('curfew guard');
    expect(stderr).toContain('forbidden');
  });
});

it('writes grant, policy, requester and decision into the audit log of the API server', async () => {
  const place = await workplace('audited');
  const send = sender(place.cluster);
  const path = grantPath(place);
  const from = await auditEnd();
  const asked = await send({ user: 'alice' }, { method: 'POST', path, body: grantBody('audited') });
  expect(asked.code, asked.message).toBe(201);
  await place.decide('audited', 'bob', 'Approved');
  const facts = { grant: `${place.namespace}/audited`, policy: 'default', requester: 'alice' };
  const under = (policy: string, more: object = {}): object =>
    Object.fromEntries(
      Object.entries({ ...facts, ...more }).map(([key, value]) => [`${policy}/${key}`, value]),
    );
  await place.cluster.eventually(async () => {
    const lines = await auditSince(from, place.namespace, 'curfew-');
    expect(lines.map(({ annotations }) => annotations)).toEqual(
      expect.arrayContaining([
        expect.objectContaining(under('curfew-grants')),
        expect.objectContaining(under('curfew-decisions', { decision: 'Approved' })),
      ]),
    );
  });
});

it.each([
  ['under a name of its own', 'full'],
  ['under the name of the tool with which it is decided', 'kubectl-patch'],
])(
  'lets a decision through, however full of managed fields a party has made the grant, %s',
  async (_how, manager) => {
    const place = await workplace('filled');
    const send = sender(place.cluster);
    await send({ user: 'alice' }, { method: 'POST', path: grantPath(place), body: grantBody('filled') });
    /** One that just fits: the entry of whoever decides, which the API server adds, fits no more. */
    const fill = async (size: number): Promise<void> => {
      const entry = {
        manager,
        operation: 'Update',
        apiVersion: 'curfew.dev/v1alpha1',
        subresource: 'status',
      };
      const fieldsV1 = { [`f:${'x'.repeat(size)}`]: {} };
      const managedFields = [{ ...entry, time: '2026-01-01T00:00:00Z', fieldsType: 'FieldsV1', fieldsV1 }];
      const path = grantPath(place, 'filled');
      const body = { metadata: { managedFields } };
      const { code } = await send({ user: 'alice' }, { method: 'PATCH', path, type: patchTypes.merge, body });
      if (code !== 200 && size > 60_000) await fill(size - 10);
      else expect(code).toBe(200);
    };
    await fill(65_530);
    await place.decide('filled', 'bob', 'Revoked');
    expect((await place.get('filled')).status.decisions).toHaveLength(1);
  },
);

const bot = (letter: string) => ({
  user: `system:serviceaccount:${'n'.repeat(63)}:${letter.repeat(253)}`,
  groups: ['system:masters'],
});

it('takes requesters and approvers with the longest names that Kubernetes gives', async () => {
  const place = await workplace('long-names');
  const send = sender(place.cluster);
  const subjects = [{ kind: 'User', name: 'alice' }];
  const body = grantBody('long', { subjects, policyRef: { name: 'of-nobody' } });
  const asked = await send(bot('a'), { method: 'POST', path: grantPath(place), body });
  expect(asked.code, asked.message).toBe(201);
  expect(asked.body.spec.requester).toBe(bot('a').user);
  const value = { uid: asked.body.metadata.uid, by: bot('b').user, decision: 'Approved' };
  const decided = await send(bot('b'), {
    method: 'PATCH',
    path: grantPath(place, 'long', '/status'),
    type: patchTypes.json,
    body: [{ op: 'add', path: '/status/decisions/-', value }],
  });
  expect(decided.code, decided.message).toBe(200);
});
