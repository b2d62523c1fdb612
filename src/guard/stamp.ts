/** The requester's name, written by the API server itself. Must not know what a requester may do. */
import { admissionApi, grantPlurals, labels, type Manifest, matching } from './cel.ts';

const stamp = (value: string): string => `[JSONPatch{op: "add", path: "/spec/requester", value: ${value}}]`;

/**
 * Writes the authenticated user into spec.requester, whatever a client sent. On update the old one stays, or else
 * replacing an unchanged manifest that does not name the requester would look like an edit.
 */
export function stampRequester(): readonly Manifest[] {
  const name = 'curfew-requester';
  // A grant from before the guard has no requester. It stays without, or else nobody could change its metadata any more,
  // the garbage collector included: the spec is immutable.
  const expression = `request.operation == 'CREATE' ? ${stamp('request.userInfo.username')} : has(oldObject.spec.requester) ? ${stamp('oldObject.spec.requester')} : []`;
  return [
    {
      apiVersion: admissionApi,
      kind: 'MutatingAdmissionPolicy',
      metadata: { name, labels },
      spec: {
        matchConstraints: matching([['CREATE', 'UPDATE'], grantPlurals]),
        // A spec of another type is left for the schema to refuse, which does so in better words.
        matchConditions: [
          { name: 'spec-is-an-object', expression: 'has(object.spec) && type(object.spec) == map' },
        ],
        failurePolicy: 'Fail',
        reinvocationPolicy: 'Never',
        mutations: [{ patchType: 'JSONPatch', jsonPatch: { expression } }],
      },
    },
    {
      apiVersion: admissionApi,
      kind: 'MutatingAdmissionPolicyBinding',
      metadata: { name, labels },
      spec: { policyName: name },
    },
  ];
}
