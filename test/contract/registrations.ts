/** The kinds of the contract as the fake has to be told of them. */
import type { Registration, Stored } from '../fake/registration.ts';
import { configMaps, grants, namespaces, policies, roleBindings } from './subject.ts';

const builtIn = { origin: 'BuiltIn', statusSubresource: false } as const;

const pending = { observedGeneration: -1, phase: 'Pending', decisions: [] };

export const registrations: readonly Registration[] = [
  { resource: namespaces, ...builtIn },
  { resource: configMaps, ...builtIn },
  { resource: roleBindings, ...builtIn },
  { resource: policies, origin: 'Custom', statusSubresource: false },
  {
    resource: grants,
    origin: 'Custom',
    statusSubresource: true,
    selectableFields: ['status.phase'],
    defaults: (grant): Stored => ({ ...grant, status: { ...pending, ...(grant['status'] as object) } }),
  },
];
