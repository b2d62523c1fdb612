/** Lengths of time and instants, between the text of the API and milliseconds. Must not know what they are for. */

const grammar = /^(?:(\d{1,4})h)?(?:(\d{1,5})m)?(?:(\d{1,6})s)?$/;

/**
 * Parses a duration such as `1h30m`, by the same grammar as the CRD's (hours, minutes, seconds, in this order).
 *
 * @returns milliseconds
 * @throws RangeError when the text is not such a duration
 */
export function parseDuration_ms(text: string): number {
  const [whole, hours = '0', minutes = '0', seconds = '0'] = grammar.exec(text) ?? [];
  if (whole === undefined || whole === '') {
    throw new RangeError(`expected a duration such as 30m, 1h30m or 24h, got ${JSON.stringify(text)}`);
  }
  return (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000;
}

/** The shortest text that `parseDuration_ms` reads as this many milliseconds; fractions of a second are dropped. */
export function formatDuration(length_ms: number): string {
  const total_s = Math.max(0, Math.floor(length_ms / 1000));
  const parts = [
    [Math.floor(total_s / 3600), 'h'],
    [Math.floor((total_s % 3600) / 60), 'm'],
    [total_s % 60, 's'],
  ] as const;
  const text = parts.map(([amount, unit]) => (amount === 0 ? '' : `${amount}${unit}`)).join('');
  return text === '' ? '0s' : text;
}

/**
 * Milliseconds since the epoch of an RFC 3339 instant.
 *
 * @throws RangeError when the text is no instant
 */
export function parseTime_ms(text: string): number {
  const time_ms = Date.parse(text);
  if (Number.isNaN(time_ms)) {
    throw new RangeError(
      `expected an RFC 3339 time such as 2026-01-02T15:04:05Z, got ${JSON.stringify(text)}`,
    );
  }
  return time_ms;
}

/** RFC 3339 in UTC with whole seconds, as metav1.Time has it. Fractions are dropped, so a time is never later than meant. */
export function formatTime(time_ms: number): string {
  return `${new Date(time_ms).toISOString().slice(0, 19)}Z`;
}

/** RFC 3339 in UTC with milliseconds, for instants from which delays are computed. */
export const formatInstant = (time_ms: number): string => new Date(time_ms).toISOString();
