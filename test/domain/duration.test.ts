/** Durations and instants between text and milliseconds. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDuration, formatTime, parseDuration_ms, parseTime_ms } from '../../src/domain/duration.ts';

describe('a duration', () => {
  it.each([
    ['30s', 30_000],
    ['90m', 5_400_000],
    ['1h30m', 5_400_000],
    ['24h', 86_400_000],
    ['1h0m5s', 3_605_000],
  ])('%s is %d ms', (text, length_ms) => {
    expect(parseDuration_ms(text)).toBe(length_ms);
  });

  it.each(['', '1d', '1', 'h', '-1h', '1m1h', '1.5h', ' 1h'])(
    '%j is refused with what to write instead',
    (text) => {
      expect(() => parseDuration_ms(text)).toThrow(/such as 30m, 1h30m or 24h, got/);
    },
  );

  it('is read back from what was written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9999 * 3600 }), (total_s) => {
        expect(parseDuration_ms(formatDuration(total_s * 1000))).toBe(total_s * 1000);
      }),
    );
  });
});

describe('an instant', () => {
  it('is written without fractions, never later than meant', () => {
    expect(formatTime(Date.parse('2026-03-02T09:00:00.999Z'))).toBe('2026-03-02T09:00:00Z');
  });

  it('that cannot be read is refused', () => {
    expect(() => parseTime_ms('tomorrow')).toThrow(/expected an RFC 3339 time/);
  });
});
