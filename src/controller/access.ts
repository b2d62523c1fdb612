/**
 * Asks the API server, by SubjectAccessReview, whether access holds and by which binding, as often as it takes to know.
 *
 * Must not know what is concluded from the answers.
 */
import { type Place, placeKey, placesOf } from '../domain/binding.ts';
import { mayNameAnother, namesBinding, type Review, type ReviewAnswer } from '../domain/review.ts';
import type { World } from '../domain/world.ts';
import type { Api } from '../runtime/api.ts';
import { accessReview } from './resources.ts';

/** The answers to these reviews about the access of a grant, in order. */
export function askAccess(
  api: Api,
  { grant, answers: { liveBindings } }: World,
  reviews: readonly Review[],
  signal: AbortSignal,
): Promise<readonly ReviewAnswer[]> {
  const places = placesOf(grant);
  const known = places.filter((place) => liveBindings?.has(placeKey(place)));
  const standing = known.filter((place) => liveBindings?.get(placeKey(place)) !== undefined);
  const isLate = (given: ReviewAnswer): boolean => {
    if (known.length < places.length) return false;
    if (standing.length === places.length) return !given.allowed;
    return standing.length === 0 && places.some((place) => namesBinding(given, place));
  };
  return Promise.all(reviews.map((review) => settleAccess(api, review, { places, isLate }, signal)));
}

/**
 * With one other binding that allows the same, ours is named in about a fifth of the answers at the least (measured): after
 * so many, it is missed once in fifteen times.
 */
const answersMax = 12;

/**
 * The answer that names a binding at one of the places, if any of several does; the last one otherwise. Where the bindings are
 * known to be gone and one is named all the same, or to stand and access is denied, the API server has not heard yet of what it
 * has stored itself, which is a matter of milliseconds: it is asked again, from the start.
 */
async function settleAccess(
  api: Api,
  review: Review,
  {
    places,
    isLate,
  }: { readonly places: readonly Place[]; readonly isLate: (given: ReviewAnswer) => boolean },
  signal: AbortSignal,
): Promise<ReviewAnswer> {
  let given = await reviewAccess(api, review, signal);
  for (let answers = 1; answers < answersMax && isLate(given); answers += 1) {
    given = await reviewAccess(api, review, signal);
  }
  for (let answers = 1; answers < answersMax && mayNameAnother(given, places); answers += 1) {
    given = await reviewAccess(api, review, signal);
  }
  return given;
}

interface ReviewResult {
  readonly status?: { readonly allowed?: boolean; readonly reason?: string };
}

async function reviewAccess(api: Api, spec: Review, signal: AbortSignal): Promise<ReviewAnswer> {
  const body = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview', spec };
  const { status } = await api.create<ReviewResult>(accessReview, undefined, body, { signal });
  // Anything but a plain no is no proof that access is gone.
  if (typeof status?.allowed !== 'boolean') {
    throw new Error(
      `expected a SubjectAccessReview with status.allowed, got ${JSON.stringify(status)}; asking again later`,
    );
  }
  return { allowed: status.allowed, reason: status.reason ?? '' };
}
