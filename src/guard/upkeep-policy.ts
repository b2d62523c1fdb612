/**
 * What may become of a grant besides being asked for and decided about: its metadata stays small, so that a revocation always
 * fits; nothing keeps it in being once it is deleted; and only those may delete it who may end it.
 *
 * Must never hold up the deletion of a namespace, nor the garbage collector. Must not know what is asked for.
 */
import { finalPhases } from '../domain/schema/grant-status.ts';
import {
  cel,
  grantAudit,
  grantPlurals,
  grantVariables,
  holdsVerb,
  type Manifest,
  matching,
  policy,
  say,
  type Validation,
} from './cel.ts';
import { fieldsFit, uncheckedTextsStay } from './managed-fields.ts';
import { exceptForeignProbes, probeRule } from './probe.ts';
import type { Edition } from './settings.ts';

export const upkeepPolicyName = 'curfew-upkeep';

/** The policy on grants' metadata and deletion. */
export const upkeepPolicy = (edition: Edition): readonly Manifest[] =>
  policy(upkeepPolicyName, {
    matchConstraints: matching([['CREATE', 'UPDATE', 'DELETE'], grantPlurals]),
    matchConditions: [exceptForeignProbes(upkeepPolicyName, edition)],
    variables: [
      { name: 'grant', expression: 'object != null ? dyn(object) : dyn(oldObject)' },
      ...grantVariables('variables.grant'),
      ...upkeepVariables,
    ],
    validations: [probeRule(upkeepPolicyName, edition), ...deletionRules, ...ownerRules, ...metadataRules],
    auditAnnotations: grantAudit('variables.grant'),
  });

/** Of the new object, and of the old one where there is one. */
const list = (field: string): readonly Manifest[] => [
  { name: field, expression: `object == null ? [] : dyn(object).metadata.?${field}.orValue([])` },
  {
    name: `${field}Before`,
    expression: `oldObject == null ? [] : dyn(oldObject).metadata.?${field}.orValue([])`,
  },
];
const map = (field: string): readonly Manifest[] => [
  { name: field, expression: `object == null ? {} : dyn(object).metadata.?${field}.orValue({})` },
  {
    name: `${field}Before`,
    expression: `oldObject == null ? {} : dyn(oldObject).metadata.?${field}.orValue({})`,
  },
];

const upkeepVariables: readonly Manifest[] = [
  ...list('finalizers'),
  ...list('ownerReferences'),
  ...list('managedFields'),
  ...map('labels'),
  ...map('annotations'),
  { name: 'isDeletion', expression: "request.operation == 'DELETE'" },
  // The garbage collector and the namespace controller, under the names that Kubernetes gives them; wherever else they go by
  // others, a namespace that is going lets everybody delete.
  {
    name: 'isCleaner',
    expression:
      "variables.user.startsWith('system:serviceaccount:kube-system:') || variables.user == 'system:kube-controller-manager' || namespaceObject != null && has(namespaceObject.metadata.deletionTimestamp)",
  },
  {
    name: 'isOver',
    expression: `has(variables.grant.metadata.deletionTimestamp) || has(variables.grant.status) && has(variables.grant.status.phase) && variables.grant.status.phase in ${cel(finalPhases)}`,
  },
  {
    name: 'adopted',
    expression:
      'variables.ownerReferences.filter(o, !variables.ownerReferencesBefore.exists(b, b.uid == o.uid && b.name == o.name && b.kind == o.kind && b.apiVersion == o.apiVersion))',
  },
];

const deletionRules: readonly Validation[] = [
  {
    expression: `!variables.isDeletion || variables.isCleaner || variables.isOver || variables.isParty || ${holdsVerb('revoke')}`,
    message:
      'only the requester, a subject or a holder of the verb revoke may delete a grant: that ends its access',
    messageExpression: say`${'variables.user'} may not delete the grant of ${'variables.requester'}, which ends its access: ask the owner of policy "${'variables.policy'}" for the verb revoke ${'variables.where'}`,
  },
  {
    expression:
      "!variables.isDeletion || variables.isCleaner || !has(request.options) || !(request.options.?propagationPolicy.orValue('') == 'Orphan' || request.options.?orphanDependents.orValue(false) == true)",
    message:
      'deleting a grant must take its binding along: leave out --cascade=orphan, or take --cascade=background',
  },
];

const ownersMax = 8;
const owner_chars_max = 1024;

const ownerRules: readonly Validation[] = [
  {
    expression: 'variables.finalizers.all(f, f in variables.finalizersBefore)',
    message:
      'a finalizer would keep a deleted grant in being: leave metadata.finalizers out; what is there may only be removed',
  },
  {
    // The garbage collector deletes what has lost its owner, and GitOps tools what bears their label or annotation and is in
    // no repository: to write those is a way to delete.
    expression: `request.operation != 'UPDATE' || size(variables.adopted) == 0 && variables.labels == variables.labelsBefore && variables.annotations == variables.annotationsBefore || variables.isOver || variables.isParty || ${holdsVerb('revoke')}`,
    message:
      'only those who may delete a grant may change its labels, annotations and owners, by which controllers delete it: leave them as they are',
  },
  {
    expression: `variables.ownerReferences.all(o, o in variables.ownerReferencesBefore) || size(variables.ownerReferences) <= ${ownersMax} && variables.ownerReferences.all(o, size(o.apiVersion) + size(o.kind) + size(o.name) + size(o.uid) <= ${owner_chars_max})`,
    message: `a grant has at most ${ownersMax} owners, each of at most ${owner_chars_max} characters: revoking it must always fit`,
  },
];

const labelsMax = 64;
const annotationsMax = 64;
const annotations_chars_max = 65_536;

const metadataRules: readonly Validation[] = [
  {
    expression: `variables.labels == variables.labelsBefore || size(variables.labels) <= ${labelsMax}`,
    message: `a grant has at most ${labelsMax} labels: revoking it must always fit`,
  },
  {
    expression: `variables.annotations == variables.annotationsBefore || size(variables.annotations) <= ${annotationsMax} && variables.annotations.map(k, size(k) + size(string(variables.annotations[k]))).sum() <= ${annotations_chars_max}`,
    message: `a grant has at most ${annotationsMax} annotations of together ${annotations_chars_max} characters: revoking it must always fit`,
  },
  {
    // Kubernetes itself looks at neither once an object is there.
    expression: `request.operation != 'UPDATE' || ${uncheckedTextsStay('variables.grant', 'dyn(oldObject)')}`,
    message:
      'metadata.generateName and metadata.selfLink of a grant do not change: revoking it must always fit',
  },
  {
    expression: `variables.managedFields == variables.managedFieldsBefore || ${fieldsFit('variables.managedFields')}`,
    message:
      'metadata.managedFields are larger than the fields of a grant can make them: revoking it must always fit',
  },
];
