/** Attempts to blow a grant up so that no revocation fits, to keep it in being, and to take away what others asked for. */
import { expect } from 'vitest';
import { type Attacks, decisionOf, jsonPatch, mergePatch, statusPath } from './attempt.ts';
import { grantBody, grantPath } from './objects.ts';
import { alice, bob, mallory } from './people.ts';
import type { Answer, Call } from './request.ts';
import type { Scene } from './scene.ts';

const many = (count: number, value: string): Record<string, string> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, value]));
const owners = (count: number, name = 'nobody'): readonly object[] =>
  Array.from({ length: count }, (_, index) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name,
    uid: `4e9a7a4e-6a0e-4f4e-9b1c-${String(index).padStart(12, '0')}`,
  }));
export const fields = (
  fieldsV1: object,
  manager = 'bloat',
  operation: 'Apply' | 'Update' = 'Update',
  apiVersion = 'curfew.dev/v1alpha1',
): readonly object[] => [
  {
    manager,
    operation,
    apiVersion,
    time: '2026-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1,
  },
];
export const megabyte = 'x'.repeat(1_000_000);

/** What is too large, and what is said of it. Each is tried at creation and on the grant of somebody else. */
const bloats: readonly (readonly [string, object, string | RegExp])[] = [
  ['a finalizer', { finalizers: ['example.com/keep'] }, 'a finalizer would keep a deleted grant in being'],
  ['the finalizer orphan', { finalizers: ['orphan'] }, 'a finalizer would keep a deleted grant in being'],
  ['65 labels', { labels: many(65, 'x') }, 'a grant has at most 64 labels'],
  ['65 annotations', { annotations: many(65, 'x') }, 'a grant has at most 64 annotations'],
  ['a large annotation', { annotations: many(1, 'x'.repeat(65_536)) }, 'a grant has at most 64 annotations'],
  [
    'annotations past what Kubernetes takes',
    { annotations: many(8, 'x'.repeat(40_000)) },
    /at most 64 annotations|Too long/,
  ],
  [
    'a megabyte in managedFields',
    { managedFields: fields({ [`f:${megabyte}`]: {} }) },
    'metadata.managedFields',
  ],
  [
    'a megabyte deep down in managedFields',
    { managedFields: fields({ 'f:a': { 'f:b': { 'f:c': { 'f:d': { [`f:${megabyte}`]: {} } } } } }) },
    'metadata.managedFields',
  ],
  [
    'managedFields deeper than anybody counts',
    {
      managedFields: fields({ 'f:a': { 'f:b': { 'f:c': { 'f:d': { 'f:e': { [`f:${megabyte}`]: {} } } } } } }),
    },
    'metadata.managedFields',
  ],
  [
    'many managers',
    {
      managedFields: Array.from({ length: 300 }, (_, index) =>
        fields({ [`f:${'x'.repeat(300)}`]: {} }, `manager-${index}`, 'Apply'),
      ).flat(),
    },
    'metadata.managedFields',
  ],
];
const ownerBloats: readonly (readonly [string, object, string])[] = [
  ['nine owners', { ownerReferences: owners(9) }, 'a grant has at most 8 owners'],
  [
    'an owner with a long name',
    { ownerReferences: owners(1, 'x'.repeat(1100)) },
    'a grant has at most 8 owners',
  ],
];

const creating: Attacks = {
  attacker: 'a requester',
  attempts: [...bloats, ...ownerBloats].map(([what, metadata, refused]) => ({
    tries: `create a grant with ${what}`,
    as: mallory,
    call: (scene): Call => ({
      method: 'POST',
      path: grantPath(scene),
      body: grantBody(`bloat-${what.replaceAll(/[^a-z0-9]/g, '-')}`.toLowerCase(), {}, metadata),
    }),
    refused,
  })),
};

const foreign = 'only those who may delete a grant may change its labels, annotations and owners';

const changing: Attacks = {
  attacker: 'somebody who may write the metadata of grants',
  attempts: [
    ...[...bloats, ...ownerBloats].map(([what, metadata, refused]) => ({
      tries: `put ${what} on its own grant`,
      as: alice,
      call: (scene: Scene): Call => mergePatch(grantPath(scene, scene.grants.Active.name), { metadata }),
      refused,
    })),
    {
      tries: 'give the grant of somebody else an owner that does not exist, so that it is deleted',
      as: mallory,
      call: (scene) =>
        mergePatch(grantPath(scene, scene.grants.Pending.name), { metadata: { ownerReferences: owners(1) } }),
      refused: foreign,
    },
    ...(['labels', 'annotations'] as const).map((field) => ({
      tries: `give the grant of somebody else ${field} by which a GitOps tool would prune it`,
      as: mallory,
      call: (scene: Scene): Call =>
        mergePatch(grantPath(scene, scene.grants.Pending.name), {
          metadata: { [field]: { 'argocd.argoproj.io/instance': 'any' } },
        }),
      refused: foreign,
    })),
    {
      tries: 'put a finalizer on the grant of somebody else',
      as: mallory,
      call: (scene) =>
        mergePatch(grantPath(scene, scene.grants.Active.name), {
          metadata: { finalizers: ['example.com/keep'] },
        }),
      refused: 'a finalizer would keep a deleted grant in being',
    },
    {
      tries: 'blow the managedFields of somebody else up',
      as: mallory,
      call: (scene) =>
        mergePatch(grantPath(scene, scene.grants.Active.name), {
          metadata: { managedFields: fields({ [`f:${megabyte}`]: {} }) },
        }),
      refused: 'metadata.managedFields',
    },
    ...[{ [`f:${megabyte}`]: {} }, { 'f:status': { [`f:${megabyte}`]: {} } }].flatMap((fieldsV1) =>
      [false, true].map((decides) => ({
        tries: `blow managedFields up through /status, ${Object.keys(fieldsV1)[0]?.slice(0, 10) ?? ''}${decides ? ', along with a decision' : ''}`,
        as: bob,
        call: (scene: Scene): Call => {
          const grant = decides ? scene.grants.Pending : scene.grants.Active;
          const decision = { status: { decisions: [decisionOf(grant, 'bob', 'Denied')] } };
          const metadata = { managedFields: fields(fieldsV1) };
          return mergePatch(`${statusPath(scene, grant)}?dryRun=All`, { metadata, ...(decides && decision) });
        },
        // Refused, or reset by the API server before anybody looks.
        harmless: ({ code, message, body }: Answer): void => {
          if (code !== 200) expect(message).toContain('metadata.managedFields');
          else expect(JSON.stringify(body).length).toBeLessThan(20_000);
        },
      })),
    ),
    ...['generateName', 'selfLink'].map((field) => ({
      tries: `put a megabyte into ${field}, at which Kubernetes does not look, of the grant of somebody else`,
      as: mallory,
      call: (scene: Scene): Call =>
        mergePatch(grantPath(scene, scene.grants.Active.name), { metadata: { [field]: megabyte } }),
      refused: 'metadata.generateName and metadata.selfLink of a grant do not change',
    })),
    {
      tries: 'forge creationTimestamp, uid and generation',
      as: mallory,
      call: (scene) =>
        jsonPatch(grantPath(scene, scene.grants.Pending.name), [
          { op: 'replace', path: '/metadata/creationTimestamp', value: '2099-01-01T00:00:00Z' },
          { op: 'replace', path: '/metadata/generation', value: 9 },
        ]),
      harmless: ({ body }) => {
        expect(body.metadata.generation).toBe(1);
        expect(body.metadata.creationTimestamp).not.toContain('2099');
      },
    },
    {
      tries: 'forge the UID',
      as: mallory,
      call: (scene) =>
        mergePatch(grantPath(scene, scene.grants.Pending.name), { metadata: { uid: 'another' } }),
      refused: /uid|UID/,
    },
  ],
};

export const upkeepAttacks: readonly Attacks[] = [creating, changing];
