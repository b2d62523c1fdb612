/**
 * How large the metadata may be at which Kubernetes does not look, above all managedFields. Clients may write into it whatever they
 * like, and a count is no limit: one entry took a megabyte, after which no status would fit any more.
 *
 * Must not know which object is looked at.
 */

/** More than people and controllers need for the fields of one grant, many times over. */
const fields_chars_max = 65_536;

/** `f:status`, `f:decisions`, `k:{…}`, `f:by`, and one more. Deeper ones, whose texts nobody counts, are refused. */
const depthMax = 5;

/** A CEL number: the characters in the keys of nested maps. */
function weight(map: string, depth: number): string {
  if (depth === 0) return `(size(${map}) == 0 ? 0 : ${fields_chars_max + 1})`;
  const key = `k${depth}`;
  return `${map}.map(${key}, size(${key}) + ${weight(`${map}[${key}]`, depth - 1)}).sum()`;
}

/** A CEL condition on a list of managedFields: together they are no larger than this many times what anybody needs. */
export const fieldsFit = (list: string, times = 1): string =>
  `${list}.map(m, size(m.?manager.orValue('')) + size(m.?apiVersion.orValue('')) + size(m.?subresource.orValue('')) + (has(m.fieldsV1) ? ${weight('m.fieldsV1', depthMax)} : 0)).sum() <= ${times * fields_chars_max}`;

/** A CEL condition on an object and what it was, both CEL: texts that Kubernetes keeps as they come are as they were. */
export const uncheckedTextsStay = (object: string, before: string): string =>
  ['generateName', 'selfLink']
    .map((field) => `${object}.metadata.?${field}.orValue('') == ${before}.metadata.?${field}.orValue('')`)
    .join(' && ');
