/** The workflows of the checkout, as text and as YAML has them. Must not know what they should be like. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

export interface WorkflowStep {
  readonly name?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

export interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly needs?: string | readonly string[];
  readonly steps: readonly WorkflowStep[];
}

export interface Workflow {
  readonly name: string;
  readonly path: string;
  readonly text: string;
  readonly permissions?: unknown;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(import.meta.dirname, '..', '..', '.github', 'workflows');

export const workflows: readonly Workflow[] = readdirSync(folder).map((file) => {
  const path = join(folder, file);
  const text = readFileSync(path, 'utf8');
  return { ...(parse(text) as Omit<Workflow, 'path' | 'text'>), path, text };
});
