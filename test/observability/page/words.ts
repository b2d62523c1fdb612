/** Numbers and text as a page shows them. Must not know where they stand. */

export const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** By Grafana's names of units, as far as the dashboard uses them. */
export function valueText(value: number, unit: string): string {
  if (Number.isNaN(value)) return 'none';
  switch (unit) {
    case 's':
      return secondsText(value);
    case 'bytes':
      return `${Math.round(value / 2 ** 20)} MiB`;
    case 'reqps':
      return `${trimmed(value)}/s`;
    default:
      return trimmed(value);
  }
}

function secondsText(value: number): string {
  if (value !== 0 && Math.abs(value) < 1) return `${Math.round(value * 1000)} ms`;
  if (value < 60) return `${trimmed(value)} s`;
  return value < 3600
    ? `${Math.floor(value / 60)} min ${Math.round(value % 60)} s`
    : `${Math.floor(value / 3600)} h ${Math.floor((value % 3600) / 60)} min`;
}

const trimmed = (value: number): string => String(Number(value.toPrecision(3)));

export const timeText = (time_s: number): string => new Date(time_s * 1000).toISOString().slice(11, 19);
