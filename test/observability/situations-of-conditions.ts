/** Situations of the alerts about what access rests on: guard, clocks, bindings, people. Must not know the rules' expressions. */
import { silent, type Situation } from './situations.ts';

const waiting = 'curfew_grants{phase="Pending",policy="default"}';
const oldest = 'curfew_oldest_pending_timestamp_seconds{policy="default"}';

/** By alert. */
export const conditionSituations: Readonly<Record<string, readonly Situation[]>> = {
  CurfewGuardNotVerified: [
    {
      what: 'the guard is weakened, and put back',
      series: { curfew_guard_verified: '1x2 0x5 1x10' },
      firing: { '3m': [], '4m': ['CurfewGuardNotVerified'], '8m': ['CurfewGuardNotVerified'], '9m': [] },
    },
    {
      what: 'a new release of it is put on record',
      series: { curfew_guard_verified: '1x2 0 1x10' },
      firing: silent('3m', '4m', '8m'),
    },
  ],
  CurfewTampering: [
    {
      what: 'a binding is edited',
      series: { curfew_tampered_total: '0x2 1x100' },
      firing: { '2m': [], '4m': ['CurfewTampering'], '60m': ['CurfewTampering'], '64m': [] },
    },
    {
      what: 'an Event stood under the name of ours',
      series: { curfew_event_names_taken_total: '0x2 1x100' },
      firing: { '2m': [], '4m': ['CurfewTampering'], '64m': [] },
    },
    {
      what: 'somebody deletes a binding, which is their right, and the operator is replaced',
      series: {
        'curfew_grants_ended_total{reason="BindingDeleted"}': '0x2 1x100',
        'curfew_tampered_total{pod="a"}': '0x5 stale',
        'curfew_tampered_total{pod="b"}': '_x6 0x100',
      },
      firing: silent('4m', '8m', '64m'),
    },
    {
      what: 'the operator is restarted after an edit of long ago',
      series: { curfew_tampered_total: '0x2 1x100 0x100' },
      firing: { '4m': ['CurfewTampering'], ...silent('64m', '104m', '106m', '180m') },
    },
    {
      what: 'a new process has put a binding right before anybody scraped it',
      series: {
        'curfew_tampered_total{pod="a"}': '0x5 stale',
        'curfew_tampered_total{pod="b"}': '_x6 1x100',
      },
      firing: { '5m': [], '8m': ['CurfewTampering'], '64m': ['CurfewTampering'], '68m': [] },
    },
  ],
  CurfewPendingTooLong: [
    {
      what: 'nobody answers until somebody does',
      series: { [oldest]: '0x300 stale' },
      firing: { '4h': [], '241m': ['CurfewPendingTooLong'], '300m': ['CurfewPendingTooLong'], '301m': [] },
    },
    {
      what: 'somebody always waits, each for an hour',
      series: { [oldest]: '0x59 3600x59 7200x59 10800x59 14400x59 18000x59', [waiting]: '1x360' },
      firing: silent('1h', '241m', '5h', '355m'),
    },
  ],
  CurfewClockSkew: [
    {
      what: "one replica's clock is wrong, and is set right",
      series: {
        'curfew_clock_skew_seconds{pod="a"}': '0x40',
        'curfew_clock_skew_seconds{pod="b"}': '0x2 -40x10 0x20',
      },
      firing: { '7m': [], '8m': ['CurfewClockSkew'], '13m': ['CurfewClockSkew'], '14m': [] },
    },
    {
      what: 'clocks are as far apart as clocks are, and once further for a moment',
      series: { curfew_clock_skew_seconds: '2x5 -8x2 1x20' },
      firing: silent('5m', '7m', '10m', '15m'),
    },
  ],
};
