/** The dashboard as Grafana will lay it out: nothing over anything else, and nothing that depends on one installation of Grafana. */
import { expect, it } from 'vitest';
import { createDashboard } from '../../observability/dashboard.ts';

const { uid, panels, templating } = createDashboard();
const queried = panels.filter(({ type }) => type !== 'row');

it('has a uid that stays, and a number for each panel', () => {
  expect(uid).toBe('curfew');
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

it('has every panel within 24 columns, and none over another', () => {
  const cells = panels.flatMap(({ title, gridPos: { x, y, w, h } }) => {
    expect(x + w, title).toBeLessThanOrEqual(24);
    return Array.from({ length: w * h }, (_, index) => `${x + (index % w)}/${y + Math.floor(index / w)}`);
  });
  expect(new Set(cells).size).toBe(cells.length);
});

it('asks the data source that is chosen, by the names of the variables that it has', () => {
  const variables = templating.list.map((variable) => (variable as { name: string }).name);
  expect(variables).toEqual(['datasource', 'namespace', 'policy']);
  for (const { title, targets = [] } of queried) {
    expect(targets.length, title).toBeGreaterThan(0);
    for (const { datasource, expr } of targets) {
      expect(datasource.uid).toBe('${datasource}');
      const used = Array.from(expr.matchAll(/\$(\w+)/g), ([, name = '']) => name);
      for (const name of used) expect([...variables, '__range', '__rate_interval']).toContain(name);
    }
  }
});

it('says of every panel what it shows', () => {
  for (const { title, description = '' } of queried) expect(description, title).toMatch(/^[A-Z0-9].*\.$/);
});
