/** The durable trail as lines, and what Prometheus reads. */
import { describe, expect, it } from 'vitest';
import { createLogger, logLevels, logStep } from '../../src/telemetry/log.ts';
import { createMetrics } from '../../src/telemetry/metrics.ts';

function captured(): { lines: Record<string, unknown>[]; write: (line: string) => void } {
  const lines: Record<string, unknown>[] = [];
  return { lines, write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) };
}

describe('the log', () => {
  it('writes each step as one line of JSON, whatever people wrote', () => {
    const sink = captured();
    const note = 'Approved by bob: "}\n{"audit":true,"step":"Granted"}';
    logStep(createLogger('info', sink), {
      id: 'a.1',
      grant: { name: 'a' },
      step: 'Approved',
      by: 'bob',
      note,
    });
    expect(sink.lines).toHaveLength(1);
    expect(sink.lines[0]).toMatchObject({
      level: 'info',
      audit: true,
      id: 'a.1',
      step: 'Approved',
      message: note,
    });
    expect(sink.lines[0]?.['time']).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  it.each(logLevels)('writes the steps at log level %s as well', (level) => {
    const sink = captured();
    logStep(createLogger(level, sink), { id: 'a.1', grant: {}, step: 'Granted', note: 'in' });
    expect(sink.lines).toMatchObject([{ audit: true, step: 'Granted' }]);
  });

  it('keeps the cause of an error, and no credential', () => {
    const sink = captured();
    const error = new Error('outer', { cause: new Error('inner') });
    createLogger('info', sink).error(
      { err: error, request: { token: 'abc', authorization: 'Bearer abc' } },
      'failed',
    );
    const text = JSON.stringify(sink.lines);
    expect(text).toContain('inner');
    expect(text).not.toContain('abc');
  });
});

describe('the metrics', () => {
  it('count grants as they are at the scrape, and forget those that are gone', async () => {
    let grants = [
      { phase: 'Active', policy: 'default' },
      { phase: 'Active', policy: 'default' },
    ];
    let active = [
      {
        namespace: 'payments',
        name: 'a',
        policy: 'default',
        role: 'ClusterRole/edit',
        expiration_ms: 1_700_000_000_000,
      },
    ];
    const metrics = createMetrics({ grants: () => grants, active: () => active });
    const first = await metrics.exposition();
    expect(first).toContain('curfew_grants{phase="Active",policy="default"} 2');
    expect(first).toContain(
      'curfew_grant_expiration_timestamp_seconds{grant_namespace="payments",name="a",policy="default",role="ClusterRole/edit"} 1700000000',
    );
    grants = [{ phase: 'Expired', policy: 'default' }];
    active = [];
    const second = await metrics.exposition();
    expect(second).toContain('curfew_grants{phase="Expired",policy="default"} 1');
    expect(second).not.toContain('phase="Active"');
    expect(second).not.toContain('name="a"');
  });

  it('tell since when the oldest grant of each policy waits, and nothing when none does', async () => {
    let pending = [
      { policy: 'default', since_ms: 1_700_000_002_000 },
      { policy: 'default', since_ms: 1_700_000_001_000 },
      { policy: 'strict', since_ms: 1_700_000_003_000 },
    ];
    const metrics = createMetrics({ grants: () => [], active: () => [], pending: () => pending });
    const text = await metrics.exposition();
    expect(text).toContain('curfew_oldest_pending_timestamp_seconds{policy="default"} 1700000001');
    expect(text).toContain('curfew_oldest_pending_timestamp_seconds{policy="strict"} 1700000003');
    pending = [];
    expect(await metrics.exposition()).not.toContain('curfew_oldest_pending_timestamp_seconds{');
  });

  it('say nothing of what only a leader knows, nor of a clock that nobody has compared', async () => {
    let known = false;
    const ofLeader = <T>(value: T): T | undefined => (known ? value : undefined);
    const metrics = createMetrics({
      grants: () => [],
      active: () => [],
      overdue: () => ofLeader(0),
      guardIsVerified: () => ofLeader(true),
      skew_ms: () => ofLeader(0),
    });
    const shown = async (): Promise<readonly string[]> =>
      (await metrics.exposition()).match(
        /^curfew_(?:grants_overdue|guard_verified|clock_skew_seconds) .*$/gm,
      ) ?? [];
    expect(await shown()).toEqual([]);
    known = true;
    expect(await shown()).toHaveLength(3);
    known = false;
    expect(await shown()).toEqual([]);
  });

  it('observe lags in seconds', async () => {
    const metrics = createMetrics({ grants: () => [], active: () => [] });
    metrics.activated(250);
    metrics.ended('Expired', 40);
    metrics.reconciled('success', 5);
    metrics.requested('GET', '200');
    const text = await metrics.exposition();
    expect(text).toContain('curfew_activation_seconds_sum 0.25');
    expect(text).toContain('curfew_revocation_lag_seconds_sum 0.04');
    expect(text).toContain('controller_runtime_reconcile_total{controller="grant",result="success"} 1');
    expect(text).toContain('rest_client_requests_total{method="GET",code="200"} 1');
  });
});
