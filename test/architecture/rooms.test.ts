/** The room table of docs/architecture.md, enforced: who may import whom, and what nobody in a pure room may touch. */
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { describe, expect, it } from 'vitest';

const source = join(import.meta.dirname, '..', '..', 'src');

/** Room → the rooms it may import, besides itself. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  domain: [],
  runtime: [],
  guard: ['domain'],
  kube: ['runtime'],
  telemetry: [],
  controller: ['domain', 'guard', 'runtime'],
  reaper: ['domain'],
};

/** kube sees the port and nothing else of runtime. */
const portFiles = new Set(
  ['api.ts', 'api-error.ts', 'clock.ts', 'resources.ts'].map((file) => join('runtime', file)),
);

/** Pure rooms → packages they may import. */
const packages: Readonly<Record<string, readonly string[]>> = {
  domain: ['zod', 're2js'],
  // A hash is arithmetic.
  guard: ['zod', 'node:crypto'],
  runtime: [],
};

interface Import {
  readonly from: string;
  readonly specifier: string;
}

const files = globSync('**/*.ts', { cwd: source }).sort();
const textOf = (file: string): string => readFileSync(join(source, file), 'utf8');
const roomOf = (file: string): string => (file.includes(sep) ? (file.split(sep)[0] ?? '') : 'root');

const imports: readonly Import[] = files.flatMap((from) =>
  [...textOf(from).matchAll(/(?:^import\s|\bfrom\s|\bimport\()\s*'([^']+)'/gm)].map(([, specifier = '']) => ({
    from,
    specifier,
  })),
);
const ownImports = imports
  .filter(({ specifier }) => specifier.startsWith('.'))
  .map(({ from, specifier }) => ({ from, to: relative(source, join(source, dirname(from), specifier)) }));

describe('the rooms', () => {
  it('were seen: every room has files, and imports were found', () => {
    for (const room of Object.keys(mayImport)) {
      expect(files.filter((file) => roomOf(file) === room).length, room).toBeGreaterThan(1);
    }
    expect(ownImports.length).toBeGreaterThan(100);
  });

  it('are all in the table', () => {
    const rooms = new Set(files.map(roomOf).filter((room) => room !== 'root'));
    expect([...rooms].filter((room) => mayImport[room] === undefined)).toEqual([]);
  });

  it('have no other roots beside them than the table names', () => {
    const roots = files.filter((file) => roomOf(file) === 'root');
    expect(roots).toContain('operator.ts');
    expect(roots.filter((file) => !/^(operator(-[a-z]+)?|reap)\.ts$/.test(file))).toEqual([]);
  });

  it('import only what the table allows', () => {
    const broken = ownImports.filter(({ from, to }) => {
      const room = roomOf(from);
      if (room === 'root') return false;
      return roomOf(to) !== room && !(mayImport[room] ?? []).includes(roomOf(to));
    });
    expect(broken).toEqual([]);
  });

  it('kube knows the port of runtime and nothing else of it', () => {
    const broken = ownImports.filter(
      ({ from, to }) => roomOf(from) === 'kube' && roomOf(to) === 'runtime' && !portFiles.has(to),
    );
    expect(broken).toEqual([]);
  });

  it('the reaper shares with the operator the marks on bindings and the grammar of durations, and stands on Node alone', () => {
    const specifiers = imports.filter(({ from }) => roomOf(from) === 'reaper' || from === 'reap.ts');
    const foreign = specifiers.filter(
      ({ specifier }) => !/^(node:|\.\/|\.\.\/domain\/(mark|duration)\.ts$)/.test(specifier),
    );
    expect(specifiers.length).toBeGreaterThan(10);
    expect(foreign).toEqual([]);
    expect(
      imports.filter(({ from }) => ['mark.ts', 'duration.ts'].includes(from.slice('domain/'.length))),
    ).toEqual([]);
  });

  it('pure rooms import no package beyond their own', () => {
    const broken = imports.filter(({ from, specifier }) => {
      const allowed = packages[roomOf(from)];
      return allowed !== undefined && !specifier.startsWith('.') && !allowed.includes(specifier);
    });
    expect(broken).toEqual([]);
  });
});

describe('time and chance', () => {
  /** `Date.parse` and `new Date(ms)` are arithmetic; the others ask the machine. */
  const asksTheMachine =
    /\bDate\.now\b|\bnew Date\(\)|\bsetTimeout\b|\bsetInterval\b|\bMath\.random\b|\bperformance\.now\b|\bconsole\.|\bprocess\./;

  it('come into domain, guard and runtime through Clock alone', () => {
    const suspects = files.filter((file) => ['domain', 'guard', 'runtime'].includes(roomOf(file)));
    const broken = suspects.filter(
      (file) => file !== join('runtime', 'system-clock.ts') && asksTheMachine.test(codeOf(file)),
    );
    expect(broken).toEqual([]);
  });

  it('are asked for in the system clock, so the search above can find something', () => {
    expect(asksTheMachine.test(codeOf(join('runtime', 'system-clock.ts')))).toBe(true);
  });
});

const codeOf = (file: string): string => textOf(file).replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');

describe('every module', () => {
  it('opens with a paragraph on why it exists', () => {
    expect(files.filter((file) => !/^(#!.*\n)?\/\*\*/.test(textOf(file)))).toEqual([]);
  });
});
