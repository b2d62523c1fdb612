/** That nothing loses its turn, and no error is lost. */
import { expect, it } from 'vitest';
import { inTurn } from '../../src/runtime/in-turn.ts';

const failing = (numbers: readonly number[], done: number[]) => async (item: number) => {
  await Promise.resolve();
  done.push(item);
  if (numbers.includes(item)) throw new Error(`no ${item}`);
};

it('tries all in order, whatever fails', async () => {
  const done: number[] = [];
  await inTurn([1, 2, 3], failing([], done));
  await expect(inTurn([4, 5, 6], failing([4], done))).rejects.toEqual(new Error('no 4'));
  expect(done).toEqual([1, 2, 3, 4, 5, 6]);
});

it('keeps every error where several fail', async () => {
  const failure: unknown = await inTurn([1, 2, 3], failing([1, 3], [])).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(AggregateError);
  expect(failure).toMatchObject({ errors: [new Error('no 1'), new Error('no 3')] });
  expect(String(failure)).toContain('no 3');
});
