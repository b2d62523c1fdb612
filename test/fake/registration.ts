/**
 * What a test tells the fake API server about a resource, and how the server then calls it in messages.
 *
 * Must not know storage.
 */
import type { KubeObject, ObjectMeta, Resource } from '../../src/runtime/api.ts';

/** An object as it is kept and handed out: frozen, shared. */
export interface Stored extends KubeObject {
  readonly [field: string]: unknown;
}

export interface Registration {
  readonly resource: Resource;
  /** Custom resources count generations and take no unconditional PUT. Of built-in ones the fake has those that do neither. */
  readonly origin: 'BuiltIn' | 'Custom';
  readonly statusSubresource: boolean;
  /** Field selectors beyond metadata.name and metadata.namespace, such as `status.phase`. */
  readonly selectableFields?: readonly string[];
  /** What the schema's defaults make of an object. */
  readonly defaults?: (object: Stored) => Stored;
}

/** `temporaryaccessgrants.curfew.dev`; the plural alone in the core group. */
export function qualifiedPlural(resource: Resource): string {
  const known = plurals.get(resource);
  if (known !== undefined) return known;
  const { group, plural } = resource;
  const name = group === '' ? plural : `${plural}.${group}`;
  plurals.set(resource, name);
  return name;
}

/** Every request asks for one or more: text that is put together anew must be hashed anew to be looked up. */
const plurals = new WeakMap<Resource, string>();

/** `TemporaryAccessGrant.curfew.dev`; the kind alone in the core group. */
export const qualifiedKind = ({ group, kind }: Resource): string =>
  group === '' ? kind : `${kind}.${group}`;

/** A copy with some metadata changed; what is undefined, or an empty list or map, is left out as the server does. */
export function withMetadata(object: Stored, changes: Partial<ObjectMeta>): Stored {
  const all: Record<string, unknown> = { ...object.metadata, ...changes };
  const metadata: Record<string, unknown> = {};
  for (const field of Object.keys(all)) if (!isEmpty(all[field])) metadata[field] = all[field];
  return { ...object, metadata: metadata as unknown as ObjectMeta };
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
