/** What a piece of work failed with, for tests of errors. Must not know which error is expected. */
import { expect } from 'vitest';

/** Resolves with what `work` rejects with; fails the test when it does not. */
export const failure = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    (value) => expect.fail(`expected a failure, got ${JSON.stringify(value)}`),
    (error: unknown) => error,
  );
