/** What of all that a process reports is a bug. Must not know what was attempted. */

/** What the API server, the network and other people do is none; everything else is. */
const everyday: ReadonlySet<string> = new Set([
  'ApiError',
  'ConnectionError',
  'NotSentError',
  'WatchGivenUp',
  'WatchCutShort',
]);

/** Hands bugs on, and nothing else; of several errors in one each by itself. */
export function bugsAmong(onBug: (error: unknown) => void): (error: unknown) => void {
  const judge = (error: unknown): void => {
    if (error instanceof AggregateError) {
      error.errors.forEach(judge);
      return;
    }
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    if (!everyday.has(name) && !message.includes('somebody keeps it by finalizers')) onBug(error);
  };
  return judge;
}
