/**
 * The three kinds of curfew.dev/v1alpha1, in one table: what CRDs, the guard, the operator's watches and the reference are
 * made from.
 *
 * Must not know how any of those is made.
 */
import type { z } from 'zod';
import { clusterGrantSpec, grantSpec } from './schema/grant-spec.ts';
import { grantStatus } from './schema/grant-status.ts';
import { policySpec } from './schema/policy-spec.ts';

export const apiGroup = 'curfew.dev';
export const apiVersion = 'v1alpha1';

export interface PrinterColumn {
  readonly name: string;
  readonly jsonPath: string;
  readonly type: 'string' | 'date' | 'integer' | 'boolean';
  /** 0 shows always, 1 with `-o wide` only. */
  readonly priority?: number;
  readonly description?: string;
}

export interface KindDefinition {
  readonly group: typeof apiGroup;
  readonly version: typeof apiVersion;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status?: z.ZodType;
  readonly printerColumns: readonly PrinterColumn[];
  readonly selectableFields: readonly string[];
}

const age: PrinterColumn = { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' };

const grantColumns: readonly PrinterColumn[] = [
  { name: 'Role', type: 'string', jsonPath: '.spec.roleRef.name' },
  { name: 'Requester', type: 'string', jsonPath: '.spec.requester' },
  { name: 'Phase', type: 'string', jsonPath: '.status.phase' },
  { name: 'Status', type: 'string', jsonPath: '.status.conditions[?(@.type=="Ready")].reason' },
  // A string, not a date: kubectl shows a date in the future as <invalid>.
  { name: 'Expires', type: 'string', jsonPath: '.status.expirationTime' },
  age,
  { name: 'Policy', type: 'string', jsonPath: '.spec.policyRef.name', priority: 1 },
  { name: 'Ticket', type: 'string', jsonPath: '.spec.ticket', priority: 1 },
  { name: 'Reason', type: 'string', jsonPath: '.spec.reason', priority: 1 },
];

const base = { group: apiGroup, version: apiVersion } as const;

export const temporaryAccessGrant = {
  ...base,
  kind: 'TemporaryAccessGrant',
  plural: 'temporaryaccessgrants',
  singular: 'temporaryaccessgrant',
  shortNames: ['tagrant'],
  namespaced: true,
  description: 'Asks for a role in this namespace, for a limited time.',
  spec: grantSpec,
  status: grantStatus,
  printerColumns: grantColumns,
  selectableFields: ['.status.phase'],
} as const satisfies KindDefinition;

export const clusterTemporaryAccessGrant = {
  ...base,
  kind: 'ClusterTemporaryAccessGrant',
  plural: 'clustertemporaryaccessgrants',
  singular: 'clustertemporaryaccessgrant',
  shortNames: ['ctagrant'],
  namespaced: false,
  description: 'Asks for a role in the whole cluster or in several namespaces, for a limited time.',
  spec: clusterGrantSpec,
  status: grantStatus,
  printerColumns: grantColumns,
  selectableFields: ['.status.phase'],
} as const satisfies KindDefinition;

export const temporaryAccessPolicy = {
  ...base,
  kind: 'TemporaryAccessPolicy',
  plural: 'temporaryaccesspolicies',
  singular: 'temporaryaccesspolicy',
  shortNames: ['tapolicy'],
  namespaced: false,
  description: 'Says what may be asked for, how long, and approved by how many.',
  spec: policySpec,
  printerColumns: [
    { name: 'Max', type: 'string', jsonPath: '.spec.duration.max' },
    { name: 'Approvals', type: 'integer', jsonPath: '.spec.approval.required' },
    { name: 'Suspended', type: 'boolean', jsonPath: '.spec.suspend' },
    age,
  ],
  selectableFields: [],
} as const satisfies KindDefinition;

export const kinds: readonly KindDefinition[] = [
  temporaryAccessGrant,
  clusterTemporaryAccessGrant,
  temporaryAccessPolicy,
];
