/**
 * By how much counters have grown. What a process counted before it was first scraped is part of it: `increase` alone would
 * miss the late ends that an operator sees to when it comes back, which are those that matter.
 *
 * Must not know what is counted.
 */

/** Of each series over a range, such as `1h`: of one that is younger, all that it has. In parentheses. */
export const growth = (counter: string, range: string): string =>
  `((${counter} unless ${counter} offset ${range}) or increase(${counter}[${range}]))`;
