/** The hard moments in which access ends, and those that no operator sees. */
import { expect } from 'vitest';
import { refuseDeletions } from './refusing-deletions.ts';
import { type Scenario, scenario } from './scenario.ts';
import { inSeconds } from './stage.ts';

const deleted = 'the grant is deleted, or is being deleted';
const unwatched = 'the operator was down at the end';

/** Those in which somebody takes access away, or something keeps it. */
export const momentsEnd: readonly Scenario[] = [
  scenario(deleted, 'while active', async (s) => {
    const life = await s.active();
    await life.delete();
    await life.isGone();
    await s.home.eventually(async () => (await s.bindings()).length === 0);
    await s.home.eventually(async () => !(await s.aliceMayWork()));
  }),

  scenario(deleted, "while active, and somebody's finalizer keeps it", async (s) => {
    const life = await s.active();
    await life.keep();
    await life.delete();
    await life.shows('over', { ended: 'GrantDeleted' });
    expect(await s.bindings()).toEqual([]);
    expect(await life.refused('dave', 'Approved')).toContain('the grant is Revoked');
    await life.letGo();
    await life.isGone();
  }),

  scenario(deleted, 'before access: nothing begins any more', async (s) => {
    const life = await s.ask();
    await life.shows('waiting for people');
    await life.keep();
    await life.delete();
    await life.say('bob', 'Approved').catch(() => undefined);
    const after = await s.active();
    expect(life.situations()).toEqual(['nothing yet', 'waiting for people']);
    expect(await s.bindings()).toHaveLength(1);
    await life.letGo();
    await life.isGone();
    expect(after.isNow()).toBe('access proved');
  }),

  scenario('the namespace is deleted while a grant is active in it', 'and made again', async (s) => {
    const life = await s.active();
    await s.http.insist({ method: 'DELETE', path: `/api/v1/namespaces/${s.namespace}` });
    await life.isGone();
    await s.home.eventually(
      async () =>
        (await s.http.send({ method: 'GET', path: `/api/v1/namespaces/${s.namespace}` })).code === 404,
      { timeout_ms: 40_000 },
    );
    await s.namespaceBeside(s.namespace);
    expect(await s.bindings()).toEqual([]);
    expect(await s.aliceMayWork()).toBe(false);
  }),

  scenario(
    'the API server refuses to delete a binding, as when an admission webhook is down',
    'in one of two namespaces',
    async (s) => {
      const [stuck, free] = [await s.namespaceBeside(), await s.namespaceBeside()];
      const life = await s.askInNamespaces([stuck, free]);
      await life.say('erin', 'Approved');
      await life.shows('access proved');
      const allow = await refuseDeletions(s, stuck);
      await life.say('erin', 'Revoked');
      await life.shows('ending, not yet proved');
      expect(await s.bindings(free)).toEqual([]);
      expect(await s.bindings(stuck)).toHaveLength(1);
      await allow();
      await life.shows('over', { ended: 'Revoked' });
      expect(await s.bindings(stuck)).toEqual([]);
    },
  ),

  scenario('many grants end in the same moment', 'thirty of one person', async (s) => {
    const notAfter = inSeconds(20);
    const lives = await Promise.all(Array.from({ length: 30 }, () => s.active({ notAfter })));
    for (const life of lives) await life.shows('over', { ended: 'Expired' });
    expect(await s.bindings()).toEqual([]);
    expect(await s.aliceMayWork()).toBe(false);
  }),
];

/** Those that need a time without an operator. */
export const momentsUnwatched: readonly Scenario[] = [
  scenario(unwatched, 'its end passes', async (s) => {
    const life = await s.active({ duration: '10s' });
    const { status } = await life.shows('access proved');
    await s.whileDown(async () => {
      await s.home.eventually(() => Date.now() > Date.parse(status.expirationTime ?? ''), {
        timeout_ms: 30_000,
      });
      expect(await s.aliceMayWork()).toBe(true);
    });
    await life.shows('over', { ended: 'Expired' });
    expect(await s.aliceMayWork()).toBe(false);
  }),

  scenario(unwatched, 'and somebody had revoked it', async (s) => {
    const life = await s.active();
    await s.whileDown(() => life.say('carol', 'Revoked'));
    await life.shows('over', { ended: 'Revoked' });
    expect(await s.aliceMayWork()).toBe(false);
  }),

  scenario('the binding is missing after its end', 'somebody has cleaned up', async (s) => {
    const life = await s.active({ duration: '10s' });
    const { status } = await life.shows('access proved');
    await s.whileDown(async () => {
      await s.home.eventually(() => Date.now() > Date.parse(status.expirationTime ?? ''), {
        timeout_ms: 30_000,
      });
      await life.deleteBinding();
    });
    await life.shows('over', { ended: 'Expired' });
  }),
];
