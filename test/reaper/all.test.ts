/** A round that ends all access, as an uninstallation does: whatever end a binding names, and still nobody else's. */
import { expect, it } from 'vitest';
import { eventOf, lineOfReaped, lineOfRound } from '../../src/reaper/words.ts';
import { aBinding, gone, list, now_ms, refused } from './bindings.ts';
import { ahead, past, round, roleBindings } from './round-world.ts';

const script = {
  [roleBindings]: [
    list([
      aBinding(past),
      aBinding(ahead, { name: 'curfew:b:2', uid: '2' }),
      aBinding(ahead, { name: 'admins', uid: '3' }),
    ]),
  ],
  DELETE: [gone],
};

it('ends all access, whatever its end, and leaves others alone', async () => {
  const { deleted, said, result, code } = await round(script, { all: true });
  expect(deleted).toHaveLength(2);
  expect(deleted.join()).not.toContain('admins');
  expect(code).toBe(0);
  expect(lineOfRound(result, 5)).toMatchObject({ level: 'info', message: 'no access is left' });
  const messages = said.map((one) => lineOfReaped(one).message);
  expect(messages).toEqual(['a binding past its end is gone now', 'a binding before its end is gone now']);
  const events = said.map((one) => eventOf(one, now_ms)?.event);
  expect(events[1]).toMatchObject({ note: expect.stringContaining('told to end all access') as string });
});

it('says in a dry run that there is some', async () => {
  const { deleted, code } = await round(script, { all: true, dryRun: true });
  expect([deleted, code]).toEqual([[], 2]);
});

it('says that some still stands where it may not delete it', async () => {
  const { result, code } = await round({ ...script, DELETE: [refused(403, 'forbidden')] }, { all: true });
  expect(code).toBe(3);
  expect(lineOfRound(result, 5)).toMatchObject({ level: 'error', message: 'bindings still stand' });
});
