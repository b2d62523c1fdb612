/** Several things that must all be tried, one after the other: what one of them fails with keeps no other from its turn. */

/**
 * Does `attempt` for each item, in order.
 *
 * @throws unknown what one attempt failed with, once all have had their turn; an AggregateError where several failed
 */
export async function inTurn<T>(items: Iterable<T>, attempt: (item: T) => Promise<void>): Promise<void> {
  const errors: unknown[] = [];
  for (const item of items) {
    try {
      await attempt(item);
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 1) throw new AggregateError(errors, errors.map(String).join('; '));
  if (errors.length === 1) throw errors[0];
}
