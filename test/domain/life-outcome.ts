/** What comes of something that happens, as a few words. */
import type { Effect } from '../../src/domain/plan.ts';
import { ready } from './lives.ts';
import { type Model, settle } from './model.ts';

const letters: Readonly<Record<Effect['kind'], string>> = {
  Record: 'r',
  WriteStatus: 's',
  CreateBinding: 'c',
  ReplaceBinding: 'p',
  DeleteBinding: 'd',
};

/**
 * Lets something happen to a life and the operator look.
 *
 * @returns `=` where nothing came of it; otherwise the phase, the reason of Ready where it is another word, how it ended
 * where that is another word, and a letter for each effect in order
 */
export function outcomeOf(model: Model, happen: (model: Model) => void): string {
  const before = model.effects.length;
  happen(model);
  settle(model);
  const effects = model.effects.slice(before).map(({ kind }) => letters[kind]);
  if (effects.length === 0) return '=';
  const { phase, ready: reason } = ready(model);
  const words = [phase, reason, model.grant.status.ended?.reason].filter((word) => word !== undefined);
  return `${[...new Set(words)].join(' ')} ${effects.join('')}`;
}
