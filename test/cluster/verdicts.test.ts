/**
 * What the operator's code says of a grant under a policy, and what the API server says at `kubectl apply`: the same verdict
 * in the same words, row by row, on the real API server.
 */
import { beforeAll, describe, expect, it } from 'vitest';
import { objectionTo } from '../../src/domain/check.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import type { Grant, Policy } from '../../src/domain/grant.ts';
import { clusterGrantBody, clusterGrantPath, grantBody, grantPath } from './attacks/objects.ts';
import { type Answer, type Send, sender } from './attacks/request.ts';
import { cluster } from './cluster.ts';
import { lengths } from './verdicts/lengths.ts';
import { rolesAndSubjects } from './verdicts/roles-and-subjects.ts';
import { texts } from './verdicts/texts.ts';
import type { Asked } from './verdicts/verdict.ts';

const star = { user: 'star', groups: ['system:masters', 'system:authenticated'] };
const tables = { lengths, rolesAndSubjects, texts };

interface Case {
  readonly name: string;
  readonly policyName: string;
  readonly asked: Asked;
  readonly refused: string | undefined;
}

const cases: readonly Case[] = Object.entries(tables).flatMap(([table, verdicts]) =>
  verdicts.flatMap(({ rows }, index) =>
    rows.map(([asked, refused]) => ({
      name: `${JSON.stringify(asked).slice(0, 90)} under ${table} ${index}: ${refused?.slice(0, 60) ?? 'accepted'}`,
      policyName: policyName(table, index),
      asked,
      refused,
    })),
  ),
);

function policyName(table: string, index: number): string {
  return `verdicts-${table.toLowerCase()}-${index}`;
}

let namespace: string;
let send: Send;
const policies = new Map<string, Policy>();

beforeAll(async () => {
  const home = cluster();
  send = sender(home);
  namespace = await home.namespace({ prefix: 'verdicts' });
  await Promise.all(
    Object.entries(tables).flatMap(([table, verdicts]) =>
      verdicts.map(async ({ policy }, index) => {
        const body = {
          apiVersion: 'curfew.dev/v1alpha1',
          kind: 'TemporaryAccessPolicy',
          metadata: { name: policyName(table, index) },
          spec: {
            roles: ['ClusterRole', 'Role'].map((kind) => ({ kind, name: '*' })),
            duration: { max: '8h' },
            ...policy,
          },
        };
        const path = '/apis/curfew.dev/v1alpha1/temporaryaccesspolicies';
        const answer = await send('admin', { method: 'POST', path, body });
        expect(answer.code, answer.message).toBe(201);
        policies.set(body.metadata.name, answer.body as unknown as Policy);
      }),
    ),
  );
  // Parameters come from a cache of the API server's: the policy that was created last answers for all.
  const [last = ''] = [...policies.keys()].slice(-1);
  await home.eventually(async () => {
    const answer = await apply({ duration: '9999h' }, last);
    return answer.message.includes('policy');
  });
});

function apply(asked: Asked, policy: string): Promise<Answer> {
  const spec = { ...asked, policyRef: { name: policy } };
  const [path, body] =
    'scope' in asked
      ? [clusterGrantPath(), clusterGrantBody('verdict', spec)]
      : [grantPath({ namespace }), grantBody('verdict', spec)];
  return send(star, { method: 'POST', path: `${path}?dryRun=All`, body });
}

/** The grant as it would be stored at this moment. */
function stored(asked: Asked, policy: string): Grant {
  const body = 'scope' in asked ? clusterGrantBody('verdict', asked) : grantBody('verdict', asked);
  const { kind, spec } = body as Grant;
  return {
    kind,
    metadata: {
      name: 'verdict',
      ...(kind === 'TemporaryAccessGrant' ? { namespace } : {}),
      creationTimestamp: `${new Date().toISOString().slice(0, 19)}Z`,
    },
    spec: { ...spec, requester: 'star', policyRef: { name: policy } },
    status: { observedGeneration: -1, phase: 'Pending', decisions: [] },
  } as unknown as Grant;
}

describe('the operator and the API server', () => {
  it.each(cases)('agree: $name', async ({ asked, policyName: policy, refused }) => {
    const answer = await apply(asked, policy);
    const objection = objectionTo(stored(asked, policy), policies.get(policy), defaultInstallation);
    if (refused === undefined) {
      expect([answer.message, objection?.message]).toEqual(['', undefined]);
      return;
    }
    expect(objection?.reason).toBe('PolicyRefused');
    expect(objection?.message).toContain(refused);
    expect(answer.code).toBe(403);
    // Admission puts its own words in front.
    const own = answer.message.replace(/^.*? denied request: /, '');
    expect(withoutLength(own)).toBe(withoutLength(objection?.message ?? ''));
  });

  it('were asked about at least 150 grants, of which as many were refused as accepted, more or less', () => {
    const refused = cases.filter((one) => one.refused !== undefined).length;
    expect(cases.length).toBeGreaterThanOrEqual(150);
    expect(refused / cases.length).toBeGreaterThan(0.4);
    expect(refused / cases.length).toBeLessThan(0.7);
  });
});

/** A length counted from the creation of a grant differs by the second that passes between two looks. */
const withoutLength = (message: string): string =>
  message.includes('spec.notAfter') && !message.includes('2031')
    ? message.replace(/makes \S+,/, 'makes …,')
    : message;
