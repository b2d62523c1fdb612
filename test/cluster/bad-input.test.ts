/**
 * The table of bad input against a real API server, with the CRDs alone: a control plane of its own, since the guard
 * would stamp requesters and refuse what an admin writes into a status before these rows could show anything.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlane, startControlPlane } from '../controlplane/control-plane.ts';
import { kubectl } from '../controlplane/kubectl.ts';
import { type BadInput, shown } from './bad-input/bad-input.ts';
import { answers, numbered } from './bad-input/batch.ts';
import { constraintsOf, isAbout, transitionMessages } from './bad-input/constraints.ts';
import { goodObjects, type Manifest, namespace } from './bad-input/good-objects.ts';
import { largestStatus } from './bad-input/good-statuses.ts';
import { badObject, sayRows, saySpecChanges, sayStatusChanges, tables } from './bad-input/tables.ts';
import { placesThatZodBlames } from './bad-input/zod-twin.ts';
import { applyCrds } from './crds.ts';

let controlPlane: ControlPlane;
let applied: string;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  applied = (await applyCrds(controlPlane)).stderr;
  await kubectl(controlPlane, ['create', 'namespace', namespace]);
});

afterAll(() => controlPlane?.stop());

const kubectlPut = (args: readonly string[], manifest: Manifest) =>
  kubectl(controlPlane, [...args, '-f', '-'], { input: JSON.stringify(manifest) });

const byKind = tables.map((table) => [table.definition.kind, table] as const);
const grants = byKind.filter(([, { good }]) => good.status !== undefined);

describe('the definitions', () => {
  it('are applied without a warning', () => {
    expect(applied).toBe('');
  });

  it.each(byKind)('kubectl explain describes every field of %s', async (_, { definition }) => {
    const { singular } = definition;
    const { stdout } = await kubectl(controlPlane, ['explain', singular, '--recursive']);
    const fields = constraintsOf(definition).map(({ field }) => field.split('.').at(-1)?.replace('[]', ''));
    expect(fields.filter((field) => !new RegExp(`^ +${field}\t<`, 'm').test(stdout))).toEqual([]);
    expect((await kubectl(controlPlane, ['explain', `${singular}.spec`])).stdout).not.toContain(
      '<no description>',
    );
  });
});

describe('good input', () => {
  const good = numbered(goodObjects, 'good');
  let said: readonly string[] = [];

  beforeAll(async () => {
    said = await answers(controlPlane, ['create'], good);
  });

  it.each(good.map(({ kind, metadata: { name } }, index) => [kind, name, index] as const))(
    '%s %s is accepted',
    (_kind, _name, index) => {
      expect(said[index]).toContain(' created');
    },
  );

  it.each(good.map(({ kind, metadata: { name }, spec }) => [kind, name, spec] as const))(
    'zod accepts %s %s',
    (kind, _name, spec) => {
      const table = tables.find(({ definition }) => definition.kind === kind);
      expect(table?.definition.spec.safeParse(spec)).toMatchObject({ success: true });
    },
  );

  it.each(byKind)(
    'every field of the fullest %s is kept, and replacing it by itself is accepted',
    async (_, table) => {
      const { definition, good: fullest } = table;
      const name = 'fullest';
      const manifest = { ...fullest, metadata: { ...fullest.metadata, name } };
      await kubectlPut(['create'], manifest);
      if (manifest.status !== undefined) await kubectlPut(['replace', '--subresource=status'], manifest);
      await kubectlPut(['replace'], manifest);
      const where = definition.namespaced ? [`--namespace=${namespace}`] : [];
      const read = await kubectl(controlPlane, ['get', definition.plural, name, '--output=json', ...where]);
      const { spec, status } = JSON.parse(read.stdout) as Manifest;
      expect(spec).toEqual(manifest.spec);
      expect(status).toEqual(manifest.status);
    },
  );

  it.each(grants)(
    'the largest status of a %s is within the limits',
    async (_, { definition, good: fullest }) => {
      const manifest = {
        ...fullest,
        metadata: { ...fullest.metadata, name: 'largest' },
        status: largestStatus,
      };
      await kubectlPut(['create'], manifest);
      const { stdout } = await kubectlPut(['replace', '--subresource=status'], manifest);
      expect(stdout).toContain('replaced');
      expect(definition.status?.safeParse(largestStatus)).toMatchObject({ success: true });
    },
  );
});

describe.each(byKind)('bad input: %s', (_, table) => {
  let said: ReadonlyMap<BadInput, string>;

  beforeAll(async () => {
    said = await sayRows(controlPlane, table);
  });

  it.each(table.rows.map((row) => [row.field, row.wrong, row] as const))(
    '%s, %s, is refused',
    (_field, _wrong, row) => {
      expect(said.get(row)).toContain(row.says);
    },
  );

  const known = table.rows.filter(({ breaks }) => breaks !== 'unknown field');
  it.each(known.map((row) => [row.field, row.wrong, row] as const))(
    'zod refuses %s, %s',
    (_field, _wrong, row) => {
      expect(placesThatZodBlames(table.definition, badObject(table, row))).toContain(shown(row.field));
    },
  );

  it('has a row for every constraint of the CRD', () => {
    const constraints = constraintsOf(table.definition);
    expect(constraints.length).toBeGreaterThan(50);
    expect(constraints.filter((constraint) => !table.rows.some((row) => isAbout(row, constraint)))).toEqual(
      [],
    );
  });

  it('has no two rows of the same name', () => {
    const names = table.rows.map(({ field, wrong }) => `${field}, ${wrong}`);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe.each(grants)('bad changes: %s', (_, table) => {
  const { definition, specChanges, statusChanges } = table;
  let saidOfSpecs: readonly string[] = [];
  let saidOfStatuses: readonly string[] = [];

  beforeAll(async () => {
    saidOfSpecs = await saySpecChanges(controlPlane, table);
    saidOfStatuses = await sayStatusChanges(controlPlane, table);
  });

  it.each(specChanges.map((row, index) => [row.wrong, index, row] as const))(
    '%s is refused',
    (_wrong, index, row) => {
      expect(saidOfSpecs[index]).toContain(row.says);
    },
  );

  it.each(statusChanges.map((row, index) => [row.wrong, index, row] as const))(
    '%s is refused',
    (_wrong, index, row) => {
      expect(saidOfStatuses[index]).toContain(row.says);
    },
  );

  it('has a row for every transition rule', () => {
    const rows = [...specChanges, ...statusChanges];
    const messages = transitionMessages(definition);
    expect(messages.length).toBeGreaterThan(3);
    expect(messages.filter((message) => !rows.some(({ says }) => says.includes(message)))).toEqual([]);
  });
});
