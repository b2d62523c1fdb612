/** Label selectors and field selectors, as lists and watches take them. Must not know who asks. */
import type { ListOptions } from '../../src/runtime/api.ts';
import { badRequest } from './refusal.ts';
import type { Registration, Stored } from './registration.ts';

export type Selection = (object: Stored) => boolean;

/** @throws Refusal when a selector cannot be read, or a field cannot be selected by */
export function selectionOf(
  registration: Registration,
  { namespace, labelSelector = '', fieldSelector = '' }: ListOptions,
): Selection {
  const requirements = [
    ...requirementsOf(labelSelector).map(labelRequirement),
    ...requirementsOf(fieldSelector).map((text) => fieldRequirement(registration, text)),
  ];
  return (object) =>
    (namespace === undefined || object.metadata.namespace === namespace) &&
    requirements.every((holds) => holds(object));
}

/** Parts at commas, but not at those inside of parentheses. */
const requirementsOf = (selector: string): readonly string[] =>
  selector
    .split(/,(?![^(]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');

const labelKey = String.raw`([A-Za-z0-9][-\w.]*(?:/[A-Za-z0-9][-\w.]*)?)`;
const labelValue = String.raw`((?:[A-Za-z0-9][-\w.]*)?)`;
const equality = new RegExp(String.raw`^${labelKey}\s*(==|=|!=)\s*${labelValue}$`);
const membership = new RegExp(String.raw`^${labelKey}\s+(in|notin)\s*\(([^()]*)\)$`);
const existence = new RegExp(String.raw`^(!?)\s*${labelKey}$`);

function labelRequirement(text: string): Selection {
  const [, equalKey, operator, equalValue = ''] = equality.exec(text) ?? [];
  if (equalKey !== undefined) {
    return (object) => (labelOf(object, equalKey) === equalValue) === (operator !== '!=');
  }
  const [, memberKey, word, list = ''] = membership.exec(text) ?? [];
  if (memberKey !== undefined) {
    const values = new Set<string | undefined>(list.split(',').map((part) => part.trim()));
    return (object) => values.has(labelOf(object, memberKey)) === (word === 'in');
  }
  const [, absent, existingKey] = existence.exec(text) ?? [];
  if (existingKey !== undefined) {
    return (object) => (labelOf(object, existingKey) === undefined) === (absent === '!');
  }
  throw badRequest(`unable to parse requirement: ${text}`);
}

const labelOf = (object: Stored, name: string): string | undefined => object.metadata.labels?.[name];

function fieldRequirement({ origin, selectableFields = [] }: Registration, text: string): Selection {
  const [, field, operator, wanted] = /^([^=!]+)(==|=|!=)(.*)$/.exec(text) ?? [];
  if (field === undefined) throw badRequest(`invalid selector: '${text}'; can't understand '${text}'`);
  if (!['metadata.name', 'metadata.namespace', ...selectableFields].includes(field)) {
    throw badRequest(
      origin === 'Custom'
        ? `field label not supported: ${field}`
        : `"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`,
    );
  }
  return (object) => (fieldOf(object, field) === wanted) === (operator !== '!=');
}

/** Selectable fields are strings; one that is missing counts as empty. */
function fieldOf(object: Stored, path: string): string {
  const value = path
    .split('.')
    .reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], object);
  return typeof value === 'string' ? value : '';
}
