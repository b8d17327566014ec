import { fieldForbidden } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Errors } from '../field-check.ts';
import { checkImageSpace } from './container-validation.ts';
import { allowancesOf } from './pod-allowances.ts';
import { checkPodAnnotations, checkProfilesAgree } from './pod-annotations-validation.ts';
import { checkPodSpec } from './pod-spec-validation.ts';

/** A Pod in every state of its life (core validation, validatePodMetadataAndSpec). */
export function validatePod({ metadata, spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const allow = allowancesOf(old);
  checkPodAnnotations(errors, metadata.annotations ?? {}, spec, 'metadata.annotations', allow);
  checkPodSpec(errors, spec, 'spec', metadata, allow);
  if (!spec.serviceAccountName) {
    for (const [i, volume] of (spec.volumes ?? []).entries()) {
      for (const [j, source] of (volume.projected?.sources ?? []).entries()) {
        if (source.serviceAccountToken === undefined) continue;
        const at = `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`;
        const why = 'must not be specified when serviceAccountName is not set';
        errors.push(fieldForbidden(at, why));
      }
    }
  }
  // Those of ephemeral containers are checked with them.
  for (const list of ['containers', 'initContainers']) {
    for (const [i, container] of (spec[list] ?? []).entries()) {
      checkImageSpace(errors, container, `spec.${list}[${i}]`);
    }
  }
  return errors;
}

export function validateNewPod({ metadata, spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  if (spec.ephemeralContainers?.length > 0) {
    errors.push(fieldForbidden('spec.ephemeralContainers', 'cannot be set on create'));
  }
  if (spec.nodeName && spec.schedulingGates?.length > 0) {
    const why = 'cannot be set until all schedulingGates have been cleared';
    errors.push(fieldForbidden('spec.nodeName', why));
  }
  checkProfilesAgree(errors, metadata.annotations ?? {}, spec, 'spec');
  return errors;
}
