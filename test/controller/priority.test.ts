/** Which request goes first. */
import { expect, it } from 'vitest';
import { priorityOf } from '../../src/controller/priority.ts';
import {
  accessReview,
  bindingResource,
  eventResource,
  grantResource,
  policyResource,
} from '../../src/controller/resources.ts';

const { RoleBinding, ClusterRoleBinding } = bindingResource;
const { TemporaryAccessGrant } = grantResource;

it.each([
  { method: 'DELETE', resource: RoleBinding, priority: 'Access' },
  { method: 'POST', resource: ClusterRoleBinding, priority: 'Access' },
  { method: 'PUT', resource: RoleBinding, priority: 'Access' },
  { method: 'GET', resource: RoleBinding, priority: 'Read' },
  { method: 'LIST', resource: policyResource, priority: 'Read' },
  { method: 'POST', resource: accessReview, priority: 'Read' },
  { method: 'PATCH', resource: TemporaryAccessGrant, subresource: 'status', priority: 'Status' },
  { method: 'POST', resource: eventResource, priority: 'Event' },
  { method: 'GET', resource: eventResource, priority: 'Event' },
])('a $method of $resource.plural is of class $priority', ({ priority, ...request }) => {
  expect(priorityOf(request)).toBe(priority);
});
