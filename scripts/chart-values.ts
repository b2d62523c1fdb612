/**
 * The table of values in the chart's README, made from values.yaml: what each is for stands in its comment there.
 *
 * Must not know what the values do.
 */
import { isMap, isScalar, type Pair, parseDocument, type YAMLMap } from 'yaml';

interface Row {
  readonly key: string;
  readonly fallback: string;
  readonly comment: string;
}

/** @throws Error for a value without a comment */
function rowsOf(map: YAMLMap, path: readonly string[], inherited: string): readonly Row[] {
  return map.items.flatMap((item: Pair) => {
    const { key, value } = item;
    if (!isScalar(key))
      throw new Error(`expected the keys of values.yaml to be plain, below ${path.join('.')}`);
    const here = [...path, String(key.value)];
    const comment = key.commentBefore ?? (map.items[0] === item ? map.commentBefore : undefined);
    const words =
      comment
        ?.split('\n')
        .map((line) => line.trim())
        .join(' ') ?? '';
    // What somebody puts in whole has one row.
    const whole = here[0] === 'policies' || here.at(-1) === 'resources';
    if (isMap(value) && value.items.length > 0 && !whole && here.at(-1) !== 'labels') {
      return rowsOf(value, here, words);
    }
    const said = words || (map.items.length <= 2 ? inherited : '');
    if (said === '') throw new Error(`expected a comment on ${here.join('.')} in values.yaml`);
    const fallback = whole
      ? 'see values.yaml'
      : `\`${JSON.stringify(isScalar(value) ? value.value : value)}\``;
    return [{ key: here.join('.'), fallback, comment: said }];
  });
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** A Markdown table: value, default, what it is for. @throws Error for a value without a comment */
export function valuesTable(yaml: string): string {
  const { contents } = parseDocument(yaml);
  if (!isMap(contents)) throw new Error('expected values.yaml to be a map');
  const rows = rowsOf(contents, [], '').map(
    ({ key, fallback, comment }) => `| \`${key}\` | ${cell(fallback)} | ${cell(comment)} |`,
  );
  return ['| value | default | |', '|---|---|---|', ...rows].join('\n');
}

const [begin, end] = ['<!-- values: made from values.yaml by `make generate` -->', '<!-- end of values -->'];

/** The README with its table as it should be. @throws Error when the README has no place for it */
export function withValuesTable(readme: string, yaml: string): string {
  const [from, to] = [readme.indexOf(begin), readme.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`expected the chart's README to hold ${begin} and ${end}`);
  return `${readme.slice(0, from)}${begin}\n\n${valuesTable(yaml)}\n\n${readme.slice(to)}`;
}
