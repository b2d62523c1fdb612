/** What the kubelet hears, and what people read who ask in its place. */
import { expect, it } from 'vitest';
import { type HungPart, liveness, readiness } from '../../src/telemetry/health.ts';

const watch: HungPart = {
  what: 'the watch of roles.rbac.authorization.k8s.io',
  quiet_ms: 962_999,
  limit_ms: 961_000,
};

it('a process in which nothing hangs is alive', async () => {
  expect(await liveness(() => []).respond()).toMatchObject({ code: 200, body: 'ok\n' });
});

it('a process in which something hangs is not alive, and says what hangs for how long', async () => {
  const work = { what: 'the reconcile of TemporaryAccessGrant/payments/a', quiet_ms: 7e5, limit_ms: 6e5 };
  expect(await liveness(() => [watch, work]).respond()).toEqual({
    code: 503,
    type: 'text/plain; charset=utf-8',
    body:
      'not alive: expected progress of the watch of roles.rbac.authorization.k8s.io within 961 s, there was none for 962 s\n' +
      'not alive: expected progress of the reconcile of TemporaryAccessGrant/payments/a within 600 s, there was none for 700 s\n',
  });
});

it('whether something hangs is asked anew each time', async () => {
  let hung: HungPart[] = [watch];
  const endpoint = liveness(() => hung);
  expect(await endpoint.respond()).toMatchObject({ code: 503 });
  hung = [];
  expect(await endpoint.respond()).toMatchObject({ code: 200 });
});

it('what hangs cannot add lines of its own, nor turn text around', async () => {
  const { body } = await liveness(() => [{ ...watch, what: 'a\nok\u{202E}\u{1B}[2J' }]).respond();
  expect(body.split('\n')).toHaveLength(2);
  expect(body).toContain('progress of a\u{FFFD}ok\u{FFFD}\u{FFFD}[2J within');
});

it('a process is ready as soon as it says so', async () => {
  expect(await readiness(() => 'the cache is not complete yet').respond()).toMatchObject({
    code: 503,
    body: 'not ready: the cache is not complete yet\n',
  });
  expect(await readiness(() => undefined).respond()).toMatchObject({ code: 200, body: 'ok\n' });
});
