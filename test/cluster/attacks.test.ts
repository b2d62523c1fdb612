/**
 * The adversarial suite: whoever has some of the rights tries what they do not give. Every attempt is refused in words that
 * are expected, or what it does is looked at and harmless; in the end nothing has changed.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { kinds } from '../../src/domain/kinds.ts';
import { grantStatus } from '../../src/domain/schema/grant-status.ts';
import { asking } from './attacks/asking.ts';
import type { Attacks, Attempt } from './attacks/attempt.ts';
import { bindingAttacks } from './attacks/bindings.ts';
import { decidingAttacks } from './attacks/deciding.ts';
import { deleting } from './attacks/deleting.ts';
import { editing } from './attacks/editing.ts';
import { bindingPath, clusterGrantPath, grantPath } from './attacks/objects.ts';
import { ownApproval, serviceAccounts } from './attacks/own-approval.ts';
import { type Scene, setScene } from './attacks/scene.ts';
import { forgedFields, statusAttacks } from './attacks/status.ts';
import { otherRights, stolenReaper } from './attacks/tokens-elsewhere.ts';
import { stolenToken } from './attacks/tokens.ts';
import { upkeepAttacks } from './attacks/upkeep.ts';

let scene: Scene;
let before: Record<string, unknown>;
beforeAll(async () => {
  scene = await setScene();
  before = await everything();
});

const tables: readonly Attacks[] = [
  ...asking,
  editing,
  ...decidingAttacks,
  ownApproval,
  ...statusAttacks,
  ...upkeepAttacks,
  deleting,
  ...bindingAttacks,
  stolenToken,
  otherRights,
  stolenReaper,
];

async function attack(attempt: Attempt): Promise<void> {
  const answer = await scene.send(attempt.as, attempt.call(scene));
  if ('harmless' in attempt) return attempt.harmless(answer, scene);
  expect(answer.code, `accepted: ${JSON.stringify(answer.body)}`).toBeGreaterThanOrEqual(400);
  if (typeof attempt.refused === 'string') expect(answer.message).toContain(attempt.refused);
  else expect(answer.message).toMatch(attempt.refused);
}

describe.each(tables)('$attacker', ({ attempts }) => {
  it.each(attempts)('tries to $tries', attack);
});

describe('a ServiceAccount that may approve', () => {
  it('cannot where it lives, and may elsewhere', async () => {
    const { attempts } = serviceAccounts(scene);
    expect(attempts.length).toBe(4);
    for (const attempt of attempts) await attack(attempt);
  });
});

describe('afterwards', () => {
  it('there were at least eighty attempts, and a forgery of every field of the status', () => {
    expect(tables.flatMap(({ attempts }) => attempts).length).toBeGreaterThanOrEqual(80);
    const operators = Object.keys(grantStatus.shape).filter((field) => field !== 'decisions');
    expect(Object.keys(forgedFields).sort()).toEqual(operators.sort());
    expect(kinds.length).toBe(3);
  });

  it('the threat model names every attacker of these tables', async () => {
    const text = await readFile(join(import.meta.dirname, '../../docs/security.md'), 'utf8');
    expect(tables.map(({ attacker }) => attacker).filter((name) => !text.includes(`*${name}*`))).toEqual([]);
  });

  it('every grant and binding is as it was', async () => {
    expect(await everything()).toEqual(before);
  });
});

/** Spec, status and marks of every object of the scene, by name. */
async function everything(): Promise<Record<string, unknown>> {
  const stored = [
    ...Object.values(scene.grants),
    scene.approved,
    scene.timed,
    ...Object.values(scene.special),
  ];
  const paths = [
    ...stored.map(({ name }) => grantPath(scene, name)),
    ...[scene.inNamespaces, scene.inCluster].map(({ name }) => clusterGrantPath(name)),
    ...[scene.managed, scene.foreign].map(({ name }) => bindingPath(scene.namespace, name)),
  ];
  const read = async (path: string): Promise<readonly [string, unknown]> => {
    const { code, body } = await scene.send('admin', { method: 'GET', path });
    if (code !== 200) return [path, code];
    const { managedFields: _managers, resourceVersion: _version, ...metadata } = body.metadata;
    return [path, { ...body, metadata }];
  };
  return Object.fromEntries(await Promise.all(paths.map(read)));
}
