/** Situations of the alerts about access itself: whether it ends, and who ends it. Must not know the rules' expressions. */
import { silent, type Situation } from './situations.ts';

const active = 'curfew_grants{phase="Active",policy="default"}';
const waiting = 'curfew_grants{phase="Pending",policy="default"}';
const deletions = (code: string): string =>
  `rest_client_requests_total{method="DELETE",code="${code}",host="api"}`;
const lag = (le: string): string => `curfew_revocation_lag_seconds_bucket{le="${le}"}`;
const end =
  'curfew_grant_expiration_timestamp_seconds{grant_namespace="payments",name="inc-1",role="ClusterRole/edit"}';

/** By alert. */
export const accessSituations: Readonly<Record<string, readonly Situation[]>> = {
  CurfewGrantOverdue: [
    {
      what: 'access outlives its time, until it is ended',
      series: { curfew_grants_overdue: '0x2 1x5 0x10' },
      firing: { '3m': [], '4m': ['CurfewGrantOverdue'], '8m': ['CurfewGrantOverdue'], '9m': [] },
    },
    {
      what: 'grants end, each seen to be overdue for a moment',
      series: { curfew_grants_overdue: '0 1 0 0 2 0 1 0 0x10' },
      firing: silent('1m', '2m', '4m', '5m', '6m', '10m'),
    },
  ],
  CurfewDown: [
    {
      what: 'the operator is gone with access to end, and comes back',
      series: { curfew_grants_overdue: '0x3 stale _x9 0x5', [active]: '2x3 stale _x9 1x5' },
      firing: { '3m': [], '5m': [], '6m': ['CurfewDown'], '13m': ['CurfewDown'], '14m': [] },
    },
    {
      what: 'it is gone for longer than Prometheus looks back',
      series: { curfew_grants_overdue: '0x3 stale', [active]: '2x3 stale' },
      firing: { '6m': ['CurfewDown'], '6h': ['CurfewDown'] },
    },
    {
      what: 'another replica takes over',
      series: {
        'curfew_grants_overdue{pod="a"}': '0x3 stale',
        'curfew_grants_overdue{pod="b"}': '_x4 0x30',
        'curfew_grants{phase="Active",pod="a"}': '2x3 stale',
        'curfew_grants{phase="Active",pod="b"}': '_x4 2x30',
      },
      firing: silent('4m', '5m', '6m', '10m', '20m'),
    },
    {
      what: 'all access was over before it went',
      series: { curfew_grants_overdue: '0x6 stale', [active]: '2x3 stale', [waiting]: '1x6 stale' },
      firing: { '6m': [], '10m': [], '17m': ['CurfewDownIdle'] },
    },
  ],
  CurfewDownIdle: [
    {
      what: 'nothing was ever scraped',
      series: { curfew_grants_overdue: '_x100' },
      firing: { '9m': [], '10m': ['CurfewDownIdle'] },
    },
    {
      what: 'it comes back',
      series: { curfew_grants_overdue: '0x2 stale _x17 0x10' },
      firing: { '12m': [], '13m': ['CurfewDownIdle'], '20m': ['CurfewDownIdle'], '22m': [] },
    },
    {
      what: 'the only replica is replaced',
      series: { curfew_grants_overdue: '0x2 stale _x4 0x30' },
      firing: silent('4m', '7m', '8m', '15m'),
    },
  ],
  CurfewRevocationsFailing: [
    {
      what: 'the right to delete is taken, and given back',
      series: { [deletions('403')]: '_x2 1 61 121 181 241 301x20' },
      firing: { '3m': [], '5m': ['CurfewRevocationsFailing'], '8m': ['CurfewRevocationsFailing'], '14m': [] },
    },
    {
      what: 'no answer comes',
      series: { [deletions('<error>')]: '1+30x20' },
      firing: { '5m': ['CurfewRevocationsFailing'] },
    },
    {
      what: 'deletions succeed, or the reaper was there first',
      series: { [deletions('200')]: '1+9x30', [deletions('404')]: '1+9x30', [deletions('409')]: '1+1x30' },
      firing: silent('5m', '10m', '20m'),
    },
    {
      what: 'something else is refused',
      series: { 'rest_client_requests_total{method="GET",code="403",host="api"}': '1+60x30' },
      firing: silent('5m', '20m'),
    },
  ],
  CurfewRevocationSlow: [
    {
      what: 'one in ten ends forty seconds late, for a while',
      series: {
        [lag('10')]: '0x2 9x60',
        [lag('30')]: '0x2 9x60',
        [lag('60')]: '0x2 10x60',
        [lag('+Inf')]: '0x2 10x60',
      },
      firing: { '2m': [], '4m': ['CurfewRevocationSlow'], '30m': ['CurfewRevocationSlow'], '40m': [] },
    },
    {
      what: 'an operator that was down has ended access before anybody scraped it',
      series: { [lag('30')]: '_x5 0x60', [lag('60')]: '_x5 3x60', [lag('+Inf')]: '_x5 3x60' },
      firing: { '4m': [], '6m': ['CurfewRevocationSlow'], '34m': ['CurfewRevocationSlow'], '38m': [] },
    },
    {
      what: 'many end at once and take their seconds',
      series: {
        [lag('5')]: '0x2 900x60',
        [lag('10')]: '0x2 1000x60',
        [lag('30')]: '0x2 1000x60',
        [lag('60')]: '0x2 1000x60',
        [lag('+Inf')]: '0x2 1000x60',
      },
      firing: silent('4m', '20m', '40m'),
    },
  ],
  CurfewReaperHadToAct: [
    {
      what: 'the operator finds that something else has ended access',
      series: { curfew_ended_by_others_total: '0x2 1x100' },
      firing: { '2m': [], '4m': ['CurfewReaperHadToAct'], '60m': ['CurfewReaperHadToAct'], '64m': [] },
    },
    {
      what: 'the reaper has deleted something',
      series: { curfew_reaper_past_bindings: '0x2 3x4 0x10' },
      firing: { '2m': [], '4m': ['CurfewReaperHadToAct'], '8m': [] },
    },
    {
      what: 'the reaper could not delete something',
      series: { curfew_reaper_standing_bindings: '0x2 1x4 0x10' },
      firing: { '2m': [], '4m': ['CurfewReaperHadToAct'], '8m': [] },
    },
    {
      what: 'the reaper comes by, and the operator is restarted',
      series: {
        curfew_reaper_past_bindings: '0x90',
        curfew_reaper_managed_bindings: '7x90',
        curfew_ended_by_others_total: '0x30 stale _x3 0x60',
      },
      firing: silent('4m', '32m', '36m', '80m'),
    },
  ],
  CurfewExpiringSoon: [
    {
      what: 'an hour of access nears its end',
      series: { [end]: '3600x60 stale' },
      firing: { '49m': [], '51m': ['CurfewExpiringSoon'], '59m': ['CurfewExpiringSoon'], '61m': [] },
    },
    {
      what: 'half an hour of access does: whoever asked for it still knows',
      series: { [end]: '1800x30 stale' },
      firing: silent('5m', '21m', '29m', '31m'),
    },
  ],
};
