import { fieldForbidden, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { validateAnnotations } from '../../validation/metadata.ts';
import { checkLabels } from '../selector-validation.ts';
import { noAllowances, type PodAllowances } from './pod-allowances.ts';
import { checkPodAnnotations, checkProfilesAgree } from './pod-annotations-validation.ts';
import { checkPodSpec } from './pod-spec-validation.ts';

/**
 * A workload's pod template (core validation, ValidatePodTemplateSpec). `restartPolicies` is what the
 * workload allows; undefined where it has rules of its own. `allow`: what may stay of the template
 * that an update replaces (allowancesOf).
 */
export function checkPodTemplate(
  errors: Errors,
  template: Plain | undefined,
  path: string,
  restartPolicies?: readonly string[],
  allow: PodAllowances = noAllowances,
): void {
  if (template === undefined) {
    errors.push(fieldRequired(path));
    return;
  }
  const { labels, annotations = {} } = template.metadata ?? {};
  const spec: Plain = template.spec ?? {};
  checkLabels(errors, labels, `${path}.labels`);
  validateAnnotations(errors, annotations, `${path}.annotations`);
  checkPodAnnotations(errors, annotations, spec, `${path}.annotations`, allow);
  checkPodSpec(errors, spec, `${path}.spec`, undefined, allow);
  checkProfilesAgree(errors, annotations, spec, `${path}.spec`);
  if ((spec.ephemeralContainers ?? []).length > 0) {
    const why = 'ephemeral containers not allowed in pod template';
    errors.push(fieldForbidden(`${path}.spec.ephemeralContainers`, why));
  }
  if (restartPolicies !== undefined && !restartPolicies.includes(spec.restartPolicy)) {
    const at = `${path}.spec.restartPolicy`;
    errors.push(fieldNotSupported(at, spec.restartPolicy ?? '', restartPolicies));
  }
}
