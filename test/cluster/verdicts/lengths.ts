/** How long, from when, until when. */
import { inMinutes, noonPlus, type Row, type Verdicts } from './verdict.ts';

const tooLong = 'which is the most that policy';

const durations = (max: string, accepted: readonly string[], refused: readonly string[]): Verdicts => ({
  policy: { duration: { max } },
  rows: [
    ...accepted.map((duration): Row => [{ duration }]),
    ...refused.map(
      (duration): Row => [{ duration }, `spec.duration ${duration} is longer than ${max}, ${tooLong}`],
    ),
    [{ duration: undefined }],
  ],
});

/** From noon, so many seconds. */
const span = (seconds: number, milliseconds = 0): Row[0] => ({
  duration: undefined,
  notBefore: noonPlus(0),
  notAfter: noonPlus(seconds, milliseconds),
});
const until = (notAfter: string, notBefore?: string): Row[0] => ({
  duration: undefined,
  notAfter,
  ...(notBefore === undefined ? {} : { notBefore }),
});

export const lengths: readonly Verdicts[] = [
  durations('1h', ['1h', '60m', '3600s', '59m59s', '1s', '0h60m'], ['1h1s', '61m', '3601s', '2h', '9999h']),
  durations('90m', ['90m', '1h30m', '5400s', '1h29m59s'], ['1h30m1s', '91m', '5401s', '1h31m']),
  durations('45s', ['45s', '44s', '1s'], ['46s', '1m', '0h0m46s']),
  durations('9999h', ['9999h', '1h', '99999m'], ['9999h1s', '9999h99999m']),
  {
    policy: { duration: { default: '30m', max: '1h' } },
    rows: [
      [{ duration: undefined }],
      [{ duration: '31m' }],
      [{ duration: '1h' }],
      [{ duration: '1h1m' }, 'spec.duration 1h1m is longer than 1h'],
    ],
  },
  {
    policy: { duration: { max: '1h' } },
    rows: [
      [span(3600)],
      [span(1)],
      [span(3599, 999)],
      [span(3601), 'makes 1h1s, longer than 1h'],
      [span(3660), 'makes 1h1m, longer than 1h'],
      [span(7200), 'makes 2h, longer than 1h'],
      [span(90_061), 'makes 25h1m1s, longer than 1h'],
      [until('2031-03-01T14:00:00+01:00', '2031-03-01T12:00:00Z')],
      [until('2031-03-01T13:00:00-01:00', '2031-03-01T12:00:00Z'), 'makes 2h, longer than 1h'],
      [until(inMinutes(58))],
      [until(inMinutes(62)), 'longer than 1h'],
      // Long ago: over before it began, which is not for the policy to say.
      [until('2021-01-01T00:00:00Z')],
    ],
  },
  {
    policy: { expiration: 'AbsoluteRequired' },
    rows: [
      [{ duration: '1h' }, 'demands an absolute end: write spec.notAfter'],
      [{ duration: undefined }, 'demands an absolute end: write spec.notAfter'],
      [{ duration: '9h' }, 'spec.duration 9h is longer than 8h'],
      [until(inMinutes(60))],
      [span(60)],
      [span(8 * 3600 + 1), 'makes 8h1s, longer than 8h'],
    ],
  },
  {
    policy: {
      expiration: 'AbsoluteRequired',
      approval: { required: 0, timeout: '24h', selfApproval: 'Forbidden' },
    },
    rows: [[{ duration: '1h' }, 'demands an absolute end'], [until(inMinutes(10))]],
  },
  {
    policy: { maxLeadTime: '2h' },
    rows: [
      [{}],
      [{ notBefore: inMinutes(-60) }],
      [{ notBefore: inMinutes(1) }],
      [{ notBefore: inMinutes(118) }],
      [{ notBefore: inMinutes(122) }, 'is further ahead than 2h, which is the most that policy'],
      [{ notBefore: noonPlus(0) }, 'is further ahead than 2h'],
      [until(inMinutes(122), inMinutes(121.9)), 'is further ahead than 2h'],
      [until(inMinutes(60), inMinutes(30))],
    ],
  },
];
