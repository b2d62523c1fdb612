/** The words in which lives are told: begin one, let people decide, read what the status says. */
import type { Decision, Phase } from '../../src/domain/schema/grant-status.ts';
import { aGrant, aPolicy, editRole, minute_ms, start_ms } from './fixtures.ts';
import { type Model, modelOf } from './model.ts';

export const begin = (grant = aGrant(), policy = aPolicy()): Model =>
  modelOf({ grant, policy, role: editRole, now_ms: start_ms + minute_ms });

export function decided(model: Model, ...entries: Decision[]): void {
  const { status } = model.grant;
  model.grant = { ...model.grant, status: { ...status, decisions: [...status.decisions, ...entries] } };
}

export function ready(model: Model): { phase: Phase; ready: string; flags: string } {
  const { phase, conditions = [] } = model.grant.status;
  const said = (type: string) => conditions.find((condition) => condition.type === type);
  const flags = ['Ready', 'Reconciling', 'Stalled', 'Approved', 'Active', 'RevocationVerified']
    .filter((type) => said(type)?.status === 'True')
    .join(' ');
  return { phase, ready: said('Ready')?.reason ?? '', flags };
}

export const steps = (model: Model): readonly string[] => [...model.trail.values()].map(({ step }) => step);

export interface Turn {
  readonly name: string;
  readonly act: (model: Model) => void;
  readonly phase: Phase;
  readonly reason: string;
}
