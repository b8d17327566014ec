import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';

/** What a pod claims and which of its containers use it (core validation, validatePodResourceClaims). */

/** Gives the names of the claims, for the containers that use them. `mirror`: of a pod that a kubelet
 * runs by itself, which gets nothing; upstream says so of no field, once for each claim. */
export function checkResourceClaims(
  errors: Errors,
  claims: Plain[],
  path: string,
  mirror: boolean,
): Set<string> {
  const names = new Set<string>();
  for (const [i, claim] of claims.entries()) {
    const at = `${path}[${i}]`;
    if (mirror) {
      errors.push(fieldForbidden('[]', 'static pods do not support resource claims'));
      if (claim.name) names.add(claim.name);
      continue;
    }
    const name: string = claim.name ?? '';
    if (name === '') errors.push(fieldRequired(`${at}.name`));
    else if (names.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    else checkFormat(errors, name, `${at}.name`, dns1123LabelErrors);
    if (name !== '') names.add(name);
    const { resourceClaimName: direct, resourceClaimTemplateName: template } = claim;
    if (direct !== undefined && template !== undefined) {
      const text =
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(fieldInvalid(at, internalForm('PodResourceClaim', claim), text));
    }
    if (direct === undefined && template === undefined) {
      const text = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.push(fieldInvalid(at, internalForm('PodResourceClaim', claim), text));
    }
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName']) {
      if (claim[field] === undefined) continue;
      checkFormat(errors, claim[field], `${at}.${field}`, dns1123SubdomainErrors);
    }
  }
  return names;
}

/** `names`: those of the pod's claims. */
export function checkResourceClaimNames(
  errors: Errors,
  claims: Plain[],
  path: string,
  names: ReadonlySet<string>,
): void {
  const seen = new Set<string>();
  for (const [i, { name = '', request = '' }] of claims.entries()) {
    const at = `${path}[${i}]`;
    if (name === '') {
      errors.push(fieldRequired(at));
      continue;
    }
    if (seen.has(name)) errors.push(fieldDuplicate(at, name));
    else {
      if (request !== '') checkFormat(errors, request, `${at}.request`, dns1123LabelErrors);
      const key = request === '' ? name : `${name}/${request}`;
      if (seen.has(key)) errors.push(fieldDuplicate(at, key));
      // The whole claim, of which parts were asked for before.
      const parts = request === '' ? [...seen].filter((s) => s.startsWith(`${name}/`)) : [];
      for (const _part of parts) errors.push(fieldDuplicate(at, name));
      seen.add(key);
    }
    if (!names.has(name)) errors.push(unknownClaim(at, name, names));
  }
}

function unknownClaim(path: string, name: string, names: ReadonlySet<string>) {
  const list = names.size === 0 ? ' which is empty' : `: ${[...names].sort().join(', ')}`;
  const error = fieldNotFound(path, name);
  error.message += `: must be one of the names in pod.spec.resourceClaims${list}`;
  return error;
}
