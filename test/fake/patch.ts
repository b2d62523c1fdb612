/** JSON merge patch (RFC 7386) and JSON patch (RFC 6902), the latter with the API server's leniences. Knows no objects of the API. */
import type { PatchType } from '../../src/runtime/api.ts';
import { copied, sameJson } from './json.ts';
import { badRequest, patchFailed } from './refusal.ts';

type Json = unknown;
type JsonMap = Record<string, Json>;

/** @throws Refusal when the patch is none, or cannot be applied */
export function patched(type: PatchType, target: Json, patch: Json): Json {
  switch (type) {
    case 'merge':
      return merged(target, patch);
    case 'json':
      if (!Array.isArray(patch)) throw badRequest('error decoding patch: json: cannot unmarshal into a list');
      return (patch as readonly Operation[]).reduce(applied, copied(target));
    default:
      return type satisfies never;
  }
}

const isMap = (value: Json): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** null removes, also deep in something new; lists are replaced as a whole. */
function merged(target: Json, patch: Json): Json {
  if (!isMap(patch)) return patch;
  const result: JsonMap = isMap(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: Json;
}

function applied(document: Json, { op, path, from = '', value }: Operation): Json {
  switch (op) {
    case 'add':
      return placed(document, path, value, 'insert');
    case 'replace':
      return placed(document, path, value, 'put');
    case 'remove':
      return removed(document, path);
    case 'copy':
      return placed(document, path, copied(found(document, from)), 'insert');
    case 'move': {
      const moved = found(document, from);
      return placed(removed(document, from), path, moved, 'insert');
    }
    case 'test':
      if (!sameJson(found(document, path), value)) throw patchFailed();
      return document;
    default:
      throw patchFailed();
  }
}

const stepsOf = (path: string): readonly string[] =>
  path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));

/** The value at a path; fails where there is none. */
function found(document: Json, path: string): Json {
  return stepsOf(path).reduce((at: Json, step) => {
    if (Array.isArray(at)) return at[indexIn(at, step, at.length - 1)] as Json;
    if (!isMap(at) || !(step in at)) throw patchFailed();
    return at[step];
  }, document);
}

function indexIn(list: readonly Json[], step: string, max: number): number {
  const index = step === '-' ? list.length : Number(step);
  if (!Number.isInteger(index) || index < 0 || index > max) throw patchFailed();
  return index;
}

/** The map or list that holds what the path names, and the last step to it. */
function holderOf(document: Json, path: string): { readonly holder: Json; readonly last: string } {
  const cut = path.lastIndexOf('/');
  const last = stepsOf(path).at(-1);
  if (last === undefined) throw patchFailed();
  return { holder: found(document, path.slice(0, cut)), last };
}

/** The server lets `replace` make a member of a map that was not there. */
function placed(document: Json, path: string, value: Json, how: 'insert' | 'put'): Json {
  const { holder, last } = holderOf(document, path);
  if (Array.isArray(holder)) {
    const [max, replacing] = how === 'insert' ? [holder.length, 0] : [holder.length - 1, 1];
    holder.splice(indexIn(holder, last, max), replacing, value);
  } else if (isMap(holder)) holder[last] = value;
  else throw patchFailed();
  return document;
}

function removed(document: Json, path: string): Json {
  const { holder, last } = holderOf(document, path);
  if (Array.isArray(holder)) holder.splice(indexIn(holder, last, holder.length - 1), 1);
  else if (isMap(holder) && last in holder) delete holder[last];
  else throw patchFailed();
  return document;
}
