/**
 * docs/hardening.md and docs/multi-tenancy.md, typed: each command runs as it stands there, each question is answered by the
 * API server as the document says, and the team of the second may do with grants what it is meant to and no more.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { buildGoProgram, type GoProgram } from '../gitops/go-program.ts';
import { cluster } from './cluster.ts';
import { paste, shellBlocks } from './pasting.ts';

const root = join(import.meta.dirname, '..', '..');

let jq: GoProgram;
/** In place of the documents' own: other tests have namespaces of those names. */
let team: string;

beforeAll(async () => {
  jq = await buildGoProgram(join(root, 'test', 'audit', 'jq'));
  team = await cluster().namespace({ prefix: 'team' });
  await cluster().kubectl(['create', 'namespace', `${team}-batch`]);
}, 300_000);
afterAll(async () => {
  await jq.remove();
  await cluster().kubectl([
    'delete',
    'clusterrolebinding',
    'platform-asks',
    'platform-decides',
    '--ignore-not-found',
  ]);
});

const here = (text: string): string => text.replaceAll(/\bpayments\b/g, team);

function type(block: string): Promise<string> {
  const { kubeconfigPath: kubeconfig, kubectlPath, dataDir: home } = cluster();
  return paste(here(block), { kubeconfig, kubectlPath, home, path: [jq.folder] });
}

async function manifests(document: string): Promise<readonly object[]> {
  const text = await readFile(join(root, document), 'utf8');
  const blocks = [...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, yaml = '']) => yaml);
  return blocks.flatMap((yaml) => parseAllDocuments(here(yaml)).map((parsed) => parsed.toJS() as object));
}

const isQuestion = (block: string): boolean => /# (yes|no)$/m.test(block);
const question = /^kubectl (auth can-i .*?)(?:\s+# (yes|no))?$/gm;

/** Every question with an answer beside it. */
async function answers(block: string): Promise<readonly { args: string; meant: string; answer: string }[]> {
  const asked = [...here(block).matchAll(question)].filter(([, , meant]) => meant !== undefined);
  return Promise.all(
    asked.map(async ([, args = '', meant = '']) => {
      const { stdout } = await cluster().kubectl(args.split(/\s+/), { allowFailure: true });
      return { args, meant, answer: stdout.trim() };
    }),
  );
}

describe.each(['docs/hardening.md', 'docs/multi-tenancy.md'])('%s', (document) => {
  it('has manifests that the API server takes', async () => {
    const objects = await manifests(document);
    expect(objects.length).toBeGreaterThan(0);
    await cluster().apply(objects);
  });

  it('has commands that run', async () => {
    const commands = (await shellBlocks(document)).filter((block) => !isQuestion(block));
    expect(commands.length).toBeGreaterThan(1);
    for (const block of commands) await type(block.replaceAll(/^(kubectl auth can-i .*)$/gm, '$1 || true'));
    // No controller counts here, and a quota that nobody counts refuses everything.
    await cluster().kubectl(['delete', 'quota', '--all', '-n', team]);
  });

  it('has questions to which the API server answers what stands beside them', async () => {
    const asked = (await Promise.all((await shellBlocks(document)).map(answers))).flat();
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.map(({ args, answer }) => ({ args, answer }))).toEqual(
      asked.map(({ args, meant }) => ({ args, answer: meant })),
    );
  });
});

describe('hardening', () => {
  it('finds who holds everything, who may give what they do not have, and policies without approvals', async () => {
    const [powers = ''] = await shellBlocks('docs/hardening.md');
    const found = await type(powers);
    expect(found).toContain('cluster-admin: Group  system:masters');
    expect(found.split('\n')).toContain('cluster-admin');
    expect(found.split('\n')).toContain('curfew-operator-grantable-roles');
    await cluster().apply({
      apiVersion: 'curfew.dev/v1alpha1',
      kind: 'TemporaryAccessPolicy',
      metadata: { name: `${team}-lax` },
      spec: {
        roles: [{ kind: 'ClusterRole', name: 'view' }],
        duration: { max: '1h' },
        approval: { selfApproval: 'Allowed' },
      },
    });
    const lax = (await shellBlocks('docs/hardening.md')).find((block) => block.includes('selfApproval'));
    expect((await type(lax ?? 'false')).split('\n')).toContain(`${team}-lax`);
  });

  it('finds roles that let their holders ask under every policy, of which ours is none', async () => {
    const name = `${team}-asks-under-all`;
    const rule = { apiGroups: ['curfew.dev'], resources: ['temporaryaccesspolicies'], verbs: ['request'] };
    await cluster().apply({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name },
      rules: [rule],
    });
    const open = (await shellBlocks('docs/hardening.md')).find((block) => block.includes('request-for'));
    const found = await type(open ?? 'false');
    expect(found).toContain(name);
    expect(found).not.toContain('curfew-requester');
  });
});

const grant = (namespace: string, policy: string): object => ({
  apiVersion: 'curfew.dev/v1alpha1',
  kind: 'TemporaryAccessGrant',
  metadata: { generateName: 'inc-', namespace },
  spec: {
    policyRef: { name: policy },
    roleRef: { kind: 'ClusterRole', name: 'view' },
    reason: 'INC-4711: the payment queue is stuck',
  },
});

const asks = (namespace: string, policy: string) =>
  cluster().kubectl(['create', '-f', '-'], {
    input: JSON.stringify(grant(namespace, policy)),
    as: 'alice',
    asGroups: [team],
    allowFailure: true,
  });

describe('a team', () => {
  it('asks under its own policy in its own namespaces, and nowhere else', async () => {
    expect((await asks(team, team)).stderr).toBe('');
    expect((await asks(`${team}-batch`, team)).stderr).toBe('');
    expect((await asks(team, 'default')).stderr).toContain('may not request access');
    expect((await asks('default', team)).stderr).toContain('forbidden');
  });
});
