import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { validateAnnotations } from '../../validation/metadata.ts';
import { checkClaimSpec } from '../core/persistent-volume-claim-validation.ts';
import { checkPodAnnotations } from '../core/pod-annotations-validation.ts';
import { allowancesOf, type PodAllowances } from '../core/pod-allowances.ts';
import { checkPodTemplate } from '../core/pod-template-validation.ts';
import { checkFormat, checkNonNegative, type Errors } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { checkLabels } from '../selector-validation.ts';
import { checkAtMost } from './replica-status.ts';
import {
  checkAtMostAll,
  checkCollisions,
  checkCounts,
  checkIntOrPercent,
  checkSelector,
  isZero,
} from './workload.ts';

/** pkg/apis/apps/validation ValidateStatefulSetSpec and what may change. */

export function validateStatefulSet({ spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const allow = allowancesOf(old?.spec?.template);
  if (old === undefined) {
    return checkSpec(spec, { claims: true, service: true, template: true, allow });
  }
  // Neither the service nor the claims can change: what they were when it was made they may stay.
  const rules = { claims: false, service: false, template: true, allow };
  const template = checkSpec(old.spec, rules).length === 0;
  return checkSpec(spec, { ...rules, template });
}

/** Which parts are looked at in full. */
interface Rules {
  claims: boolean;
  service: boolean;
  template: boolean;
  allow: PodAllowances;
}

function checkSpec(spec: Plain, rules: Rules): Errors {
  const errors: Errors = [];
  const policies = ['OrderedReady', 'Parallel'];
  if (!policies.includes(spec.podManagementPolicy)) {
    const text = "must be 'OrderedReady' or 'Parallel'";
    errors.push(fieldInvalid('spec.podManagementPolicy', spec.podManagementPolicy, text));
  }
  checkStrategy(errors, spec.updateStrategy ?? {});
  for (const field of ['whenDeleted', 'whenScaled']) {
    const value = spec.persistentVolumeClaimRetentionPolicy?.[field];
    if (value === 'Retain' || value === 'Delete') continue;
    const path = `spec.persistentVolumeClaimRetentionPolicy.${field}`;
    errors.push(fieldNotSupported(path, value, ['Retain', 'Delete']));
  }
  for (const [i, claim] of (rules.claims ? (spec.volumeClaimTemplates ?? []) : []).entries()) {
    checkClaimSpec(errors, claim.spec ?? {}, `spec.volumeClaimTemplates[${i}].spec`);
  }
  checkCounts(errors, spec, ['replicas', 'minReadySeconds']);
  checkNonNegative(errors, spec.ordinals?.start, 'spec.ordinals.start');
  if (rules.service && spec.serviceName) {
    checkFormat(errors, spec.serviceName, 'spec.serviceName', dns1123LabelErrors);
  }
  const words = { empty: 'empty selector is invalid for statefulset', wrong: '' };
  if (checkSelector(errors, spec, words)) checkTemplate(errors, spec, rules);
  const { restartPolicy = '', activeDeadlineSeconds } = spec.template?.spec ?? {};
  if (restartPolicy !== 'Always') {
    const at = 'spec.template.spec.restartPolicy';
    errors.push(fieldNotSupported(at, restartPolicy, ['Always']));
  }
  if (activeDeadlineSeconds !== undefined) {
    const why = 'activeDeadlineSeconds in StatefulSet is not Supported';
    errors.push(fieldForbidden('spec.template.spec.activeDeadlineSeconds', why));
  }
  return errors;
}

/** Pods were not always looked at: a set that has wrong ones may go on with them. */
function checkTemplate(errors: Errors, spec: Plain, rules: Rules): void {
  const path = 'spec.template';
  const template = asMade(spec);
  if (rules.template) {
    checkPodTemplate(errors, template, path, undefined, rules.allow);
    return;
  }
  const { labels, annotations = {} } = template.metadata ?? {};
  checkLabels(errors, labels, `${path}.labels`);
  validateAnnotations(errors, annotations, `${path}.annotations`);
  const at = `${path}.annotations`;
  checkPodAnnotations(errors, annotations, template.spec ?? {}, at, rules.allow);
}

/**
 * The template as its pods will be: every claim template is a volume of the same name, and the names
 * of host and subdomain are the controller's.
 */
function asMade(spec: Plain): Plain {
  const { hostname: _hostname, subdomain: _subdomain, ...pod } = spec.template?.spec ?? {};
  const claims: Plain[] = spec.volumeClaimTemplates ?? [];
  if (claims.length === 0) return { ...spec.template, spec: pod };
  const names = new Set(claims.map((claim) => claim.metadata?.name));
  const own = (pod.volumes ?? []).filter((volume: Plain) => !names.has(volume.name));
  const made = claims.map(({ metadata = {} }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: metadata.name },
  }));
  return { ...spec.template, spec: { ...pod, volumes: [...made, ...own] } };
}

function checkStrategy(errors: Errors, strategy: Plain): void {
  const path = 'spec.updateStrategy';
  const { type, rollingUpdate } = strategy;
  switch (type) {
    case undefined:
      errors.push(fieldRequired(path));
      return;
    case 'OnDelete':
      if (rollingUpdate !== undefined) {
        const text = "only allowed for updateStrategy 'RollingUpdate'";
        const shown = internalForm('RollingUpdateStatefulSetStrategy', rollingUpdate);
        errors.push(fieldInvalid(`${path}.rollingUpdate`, shown, text));
      }
      return;
    case 'RollingUpdate': {
      if (rollingUpdate === undefined) return;
      checkNonNegative(errors, rollingUpdate.partition, `${path}.rollingUpdate.partition`);
      const at = `${path}.rollingUpdate.maxUnavailable`;
      checkIntOrPercent(errors, rollingUpdate.maxUnavailable, at);
      if (rollingUpdate.maxUnavailable !== undefined && isZero(rollingUpdate.maxUnavailable)) {
        errors.push(fieldInvalid(at, rollingUpdate.maxUnavailable, 'cannot be 0'));
      }
      checkAtMostAll(errors, rollingUpdate.maxUnavailable, at);
      return;
    }
    default: {
      const shown = internalForm('StatefulSetUpdateStrategy', strategy);
      errors.push(fieldInvalid(path, shown, "must be 'RollingUpdate' or 'OnDelete'"));
    }
  }
}

const updatable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

export function validateStatefulSetUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const rest = { ...next.spec };
  for (const field of updatable) rest[field] = old.spec[field];
  if (semanticEqual(rest, old.spec)) return [];
  const names = updatable.map((field) => `'${field}'`);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const why = `updates to statefulset spec for fields other than ${list} are forbidden`;
  return [fieldForbidden('spec', why)];
}

export function validateStatefulSetStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const status: Plain = next.status ?? {};
  const counts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];
  for (const field of ['replicas', ...counts, 'observedGeneration', 'collisionCount']) {
    checkNonNegative(errors, status[field], `status.${field}`);
  }
  for (const field of counts) {
    checkAtMost(errors, status, field, 'replicas', 'cannot be greater than status.replicas');
  }
  const text = 'cannot be greater than status.readyReplicas';
  checkAtMost(errors, status, 'availableReplicas', 'readyReplicas', text);
  checkCollisions(errors, next, old);
  return errors;
}
