/** The model of a cluster as deciding sees it, and its answers. Must not know effects. */
import { bindingName, placeKey, placesOf } from '../../src/domain/binding.ts';
import { defaultInstallation } from '../../src/domain/installation.ts';
import type { Answers, Question, World } from '../../src/domain/world.ts';
import type { Model } from './model.ts';

/** What deciding gets to see of it: frozen, so that it cannot change it. */
export function worldOf(model: Model, answers: Answers, grantIsLive: boolean): World {
  const { grant, policy, role, bindings, load, predecessors, guard, skew_ms, repairs, told } = model;
  const isTold: World['isTold'] = ({ step, discriminator }) => told.has(`${step}/${discriminator}`);
  const memory = { installation: defaultInstallation, skew_ms, repairs, isTold, load: () => load };
  return deepFreeze({ grant, grantIsLive, policy, role, bindings, predecessors, guard, answers, ...memory });
}

/** Answers a question as the API server would. */
export function answerTo(
  model: Model,
  question: Question,
  answers: Answers,
  grantIsLive: boolean,
): { answers: Answers; grantIsLive: boolean } {
  switch (question.kind) {
    case 'LiveGrant':
      return { answers, grantIsLive: true };
    case 'LiveBindings': {
      const liveBindings = new Map(
        placesOf(model.grant).map((place) => [placeKey(place), model.bindings.get(placeKey(place))]),
      );
      return { answers: { ...answers, liveBindings }, grantIsLive };
    }
    case 'Preconditions':
      return { answers: { ...answers, mayBind: model.mayBind, guard: model.guard }, grantIsLive };
    case 'Guard':
      return { answers: { ...answers, guard: model.guard }, grantIsLive };
    case 'Access': {
      const name = bindingName(model.grant);
      const allowed = model.verdict === 'NamesOurs' || (model.verdict !== 'Denied' && isServed(model));
      const reason = allowed
        ? `RBAC: allowed by RoleBinding "${name}/payments" of ClusterRole "edit" to User "alice"`
        : '';
      return {
        answers: { ...answers, access: question.reviews.map(() => ({ allowed, reason })) },
        grantIsLive,
      };
    }
  }
}

/** RBAC gives access by any binding, also by one that is deleted and still stands. */
const isServed = ({ bindings }: Model): boolean =>
  [...bindings.values()].some(({ subjects = [] }) => subjects.some(({ name }) => name === 'alice'));

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value) && !(value instanceof Map)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}
