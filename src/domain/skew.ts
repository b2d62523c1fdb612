/**
 * What two clocks that differ mean: by ours access would begin and end at times that nobody meant.
 *
 * Must not know how the difference was found.
 */
import type { Objection } from './check.ts';
import type { World } from './world.ts';

/** More than this between our clock and the API server's, in milliseconds, and nothing begins. */
export const skewMax_ms = 30_000;

/** The objection against beginning anything now, or undefined while the clocks agree or nobody knows. */
export const objectionToClocks = ({ skew_ms = 0 }: Pick<World, 'skew_ms'>): Objection | undefined =>
  Math.abs(skew_ms) <= skewMax_ms
    ? undefined
    : {
        reason: 'ClockSkewed',
        // Without the difference itself: a message that changes all the time would be written all the time.
        message: `the operator's clock and the API server's differ by more than ${skewMax_ms / 1000} s: whoever runs the cluster must set them right`,
      };
