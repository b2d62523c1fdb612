/** Prints figures for people. Must not know what they mean. */

/** A title, and rows in columns: the first of words, the others of figures. */
export function printTable(title: string, rows: readonly (readonly string[])[]): void {
  const widths = rows.reduce<readonly number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  console.log([title, ...rows.map(line)].join('\n'));
}

/** With three significant digits and commas between thousands: `12,300`. */
export const figure = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 3 });

export const megabytes = (bytes: number): string => `${figure(bytes / 1e6)} MB`;
export const seconds = (time_ms: number): string => `${figure(time_ms / 1000)} s`;
