/**
 * config/audit-policy.yaml on a real API server, and docs/audit.md typed: from the API server's audit log alone it can be
 * told who asked, who approved, what was done with the access and who ended it. Everybody has a token of their own.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeOperatorKubeconfig } from '../../scripts/operator-identity.ts';
import { eventually } from '../cluster/eventually.ts';
import { settleCurfew } from '../cluster/global-setup.ts';
import { paste, shellBlocks } from '../cluster/pasting.ts';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl as runKubectl, type KubectlOptions } from '../controlplane/kubectl.ts';
import { buildGoProgram, type GoProgram } from '../gitops/go-program.ts';
import { type OperatorProcess, startOperator } from '../operator/operator-process.ts';
import { bodyOfSecret, live, namespace, people } from './story.ts';

let plane: ControlPlane;
let operator: OperatorProcess;
let jq: GoProgram;
let questions: readonly string[];
/** Of the log, before the story begins. */
let before_bytes: number;
let told_bytes: number;

const kubectl = (args: readonly string[], options: KubectlOptions = {}) => runKubectl(plane, args, options);
const kubeconfigOf = (name: string): string => join(plane.dataDir, `${name}.kubeconfig`);

beforeAll(async () => {
  const auditPolicy = join(import.meta.dirname, '..', '..', 'config', 'audit-policy.yaml');
  plane = await startControlPlane({ auditPolicy, users: people.map((name) => ({ name, groups: [] })) });
  await settleCurfew(plane);
  const operatorKubeconfig = join(plane.dataDir, 'operator.kubeconfig');
  await writeOperatorKubeconfig(plane, operatorKubeconfig);
  operator = await startOperator({ kubeconfig: operatorKubeconfig, flags: ['--leader-elect'] });
  for (const name of people) {
    await plane.writeKubeconfig({ path: kubeconfigOf(name), identity: { kind: 'User', name } });
  }
  jq = await buildGoProgram(join(import.meta.dirname, 'jq'));
  [, ...questions] = await shellBlocks('docs/audit.md');
  before_bytes = (await stat(plane.auditLogPath)).size;
  await live({ kubectl, kubeconfigOf });
  told_bytes = (await stat(plane.auditLogPath)).size;
}, 300_000);
afterAll(async () => {
  await operator.stop('SIGTERM');
  await plane.stop();
  await jq.remove();
});

type Answer = Readonly<Record<string, unknown>>;

/** What the log answers to the question of the document that follows these words. */
async function ask(index: number, grant: string): Promise<readonly Answer[]> {
  const variables = { AUDIT_LOG: plane.auditLogPath, NAMESPACE: namespace, GRANT: grant };
  const { kubectlPath, kubeconfigPath: kubeconfig, dataDir: home } = plane;
  const output = await paste(questions[index] ?? 'false', {
    kubeconfig,
    kubectlPath,
    home,
    variables,
    path: [jq.folder],
  });
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Answer);
}

const curfew = 'system:serviceaccount:curfew-system:curfew-operator';

describe('the audit log answers by itself', () => {
  it('all the questions of the document', () => {
    expect(questions).toHaveLength(6);
  });

  it('who asked, and for what', async () => {
    expect(await ask(0, 'inc-4711')).toMatchObject([
      {
        who: 'alice',
        from: ['127.0.0.1'],
        spec: { requester: 'alice', duration: '1h', reason: 'INC-4711: the payment queue is stuck' },
      },
    ]);
  });

  it('who approved, and who ended it', async () => {
    const said = (await ask(1, 'inc-4711')).map(({ who, said: word }) => [who, word]);
    expect(said).toEqual([
      ['bob', 'Approved'],
      ['carol', 'Revoked'],
    ]);
  });

  it('from when to when there was access, given and taken by Curfew', async () => {
    const [given, taken, ...rest] = await ask(2, 'inc-4711');
    expect(rest).toEqual([]);
    expect(given).toMatchObject({ who: curfew, verb: 'create', role: 'edit', subjects: [{ name: 'alice' }] });
    expect(taken).toMatchObject({ who: curfew, verb: 'delete', binding: given?.['binding'] });
  });

  it('what was done with it, and nothing that was not', async () => {
    const done = (await ask(3, 'inc-4711')).map(({ who, verb, what, code }) => [
      who,
      verb,
      String(what).split('?')[0],
      code,
    ]);
    const here = `/api/v1/namespaces/${namespace}`;
    expect(done).toEqual([
      ['alice', 'get', `${here}/secrets/queue`, 200],
      ['alice', 'create', `${here}/configmaps`, 201],
      ['alice', 'delete', `${here}/configmaps/switch`, 200],
    ]);
  });

  it('how it ended', async () => {
    expect(await ask(4, 'inc-4711')).toMatchObject([
      { by: curfew, phase: 'Revoked', ended: { by: 'carol', reason: 'Revoked' } },
    ]);
    expect(await ask(4, 'inc-4712')).toMatchObject([
      { by: curfew, phase: 'Expired', ended: { reason: 'Expired' } },
    ]);
  });

  it('who tried what they may not', async () => {
    const refused = (await ask(5, '')).filter(({ who }) => who === 'mallory');
    // Where the guard and what the policy says both refuse, the API server shows one of them.
    const notForOthers = expect.stringMatching(
      /mallory may not request access for others|not to eve/,
    ) as unknown;
    const notApproving = expect.stringContaining('mallory may not approve or deny') as unknown;
    expect(refused).toMatchObject([
      { verb: 'create', refused: notForOthers },
      { verb: 'patch', grant: 'inc-4711', refused: notApproving },
    ]);
  });
});

const renewed = async (): Promise<string> => {
  const args = ['get', 'lease', '-n', 'curfew-system', '-o', 'jsonpath={.items[*].spec.renewTime}'];
  return (await kubectl(args)).stdout;
};

describe('the audit log', () => {
  it('holds no body of a Secret', async () => {
    const text = await readFile(plane.auditLogPath, 'utf8');
    expect(text).toContain('/secrets/queue');
    expect(text).not.toContain(bodyOfSecret);
    expect(text).not.toContain(Buffer.from(bodyOfSecret).toString('base64'));
  });

  it('is silent about a cluster at rest, in which leases are renewed and nothing else happens', async () => {
    const from_bytes = (await stat(plane.auditLogPath)).size;
    for (let times = 0; times < 3; times += 1) {
      const before = await renewed();
      await eventually(async () => (await renewed()) !== before);
    }
    const file = await readFile(plane.auditLogPath);
    const lines = file.subarray(from_bytes).toString().split('\n').slice(0, -1);
    expect(lines.length).toBeLessThan(5);
  });

  it('costs some 40 KB for a life', async () => {
    const file = await readFile(plane.auditLogPath);
    const story = file.subarray(before_bytes, told_bytes).toString().trimEnd().split('\n');
    const life = story.filter((line) => line.includes('inc-4711') && line.includes('curfew.dev'));
    const life_bytes = life.reduce((sum, line) => sum + line.length + 1, 0);
    console.log(
      `one life: ${life.length} lines, ${life_bytes} bytes; the story: ${told_bytes - before_bytes}`,
    );
    expect(life_bytes).toBeLessThan(60_000);
  });
});
