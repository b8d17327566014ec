import { deepCopy } from '../../../object/copy.ts';
import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkRange, type Errors } from '../field-check.ts';
import { internalDiff, internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { checkImageSpace } from './container-validation.ts';
import { allowancesOf, type PodAllowances } from './pod-allowances.ts';
import { checkPodAnnotationChange, checkPodAnnotations } from './pod-annotations-validation.ts';
import { checkTolerations } from './scheduling-validation.ts';

/**
 * What may change in a pod once it exists (core validation ValidatePodUpdate). Upstream judges
 * annotations and tolerations here once more, after the rules of any pod.
 */

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',');

export function validatePodUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const annotations = next.metadata.annotations ?? {};
  const path = 'metadata.annotations';
  const allow = allowancesOf(old);
  checkPodAnnotationChange(errors, annotations, old.metadata.annotations ?? {}, path);
  checkPodAnnotations(errors, annotations, next.spec, path, allow);
  for (const list of ['containers', 'initContainers']) {
    if (!checkSameContainers(errors, next.spec, old.spec, list)) return errors;
  }
  if (!checkDeadline(errors, next.spec, old.spec)) return errors;
  checkOnlyAddedTolerations(errors, next.spec, old.spec, allow);
  checkOnlyDeletedGates(errors, next.spec, old.spec);
  if (semanticEqual(next.spec, old.spec)) return errors;
  const rest = withoutUpdatable(next.spec, old.spec);
  if (old.spec.schedulingGates?.length > 0) takeOverGatedChanges(errors, rest, old.spec);
  if (semanticEqual(rest, old.spec)) return errors;
  const changes = internalDiff('PodSpec', old.spec, rest);
  const text = `pod updates may not change fields other than ${updatable}`;
  errors.push(fieldForbidden('spec', `${text}\n${changes}`));
  return errors;
}

/** False when containers were added or removed: nothing after it can be compared. */
function checkSameContainers(errors: Errors, next: Plain, old: Plain, list: string): boolean {
  const path = `spec.${list}`;
  const containers: Plain[] = next[list] ?? [];
  if (containers.length !== (old[list] ?? []).length) {
    errors.push(fieldForbidden(path, 'pod updates may not add or remove containers'));
    return false;
  }
  for (const [i, container] of containers.entries()) {
    const image: string = container.image ?? '';
    if (image === '') errors.push(fieldRequired(`${path}[${i}].image`));
    checkImageSpace(errors, container, `${path}[${i}]`);
  }
  return true;
}

/** May be set where it was not, and lowered. */
function checkDeadline(errors: Errors, next: Plain, old: Plain): boolean {
  const path = 'spec.activeDeadlineSeconds';
  const before = errors.length;
  if (next.activeDeadlineSeconds === undefined) {
    if (old.activeDeadlineSeconds !== undefined) {
      const text = 'must not update from a positive integer to nil value';
      errors.push(fieldInvalid(path, null, text));
    }
    return true;
  }
  checkRange(errors, next.activeDeadlineSeconds, path, [0, 2147483647]);
  if (errors.length > before) return false;
  if (old.activeDeadlineSeconds < next.activeDeadlineSeconds) {
    const text = 'must be less than or equal to previous value';
    errors.push(fieldInvalid(path, next.activeDeadlineSeconds, text));
    return false;
  }
  return true;
}

function checkOnlyAddedTolerations(
  errors: Errors,
  next: Plain,
  old: Plain,
  { comparedTolerations }: PodAllowances,
): void {
  const now: Plain[] = next.tolerations ?? [];
  for (const toleration of old.tolerations ?? []) {
    // How long it is tolerated may change.
    const kept = now.some((t) =>
      semanticEqual({ ...toleration, tolerationSeconds: t.tolerationSeconds }, t),
    );
    if (kept) continue;
    const why = 'existing toleration can not be modified except its tolerationSeconds';
    errors.push(fieldForbidden('spec.tolerations', why));
    return;
  }
  checkTolerations(errors, now, 'spec.tolerations', comparedTolerations);
}

function checkOnlyDeletedGates(errors: Errors, next: Plain, old: Plain): void {
  const before = new Set((old.schedulingGates ?? []).map((g: Plain) => g.name));
  for (const [i, gate] of (next.schedulingGates ?? []).entries()) {
    if (before.has(gate.name)) continue;
    const why = 'only deletion is allowed, but found new scheduling gate';
    errors.push(fieldForbidden(`spec.schedulingGates[${i}].name`, `${why} '${gate.name}'`));
  }
}

/** The new spec with everything that may change put back to what it was. */
function withoutUpdatable(next: Plain, old: Plain): Plain {
  const rest = deepCopy(next);
  for (const list of ['containers', 'initContainers']) {
    for (const [i, container] of (rest[list] ?? []).entries()) container.image = old[list][i].image;
  }
  for (const field of ['activeDeadlineSeconds', 'schedulingGates', 'tolerations']) {
    if (old[field] === undefined) delete rest[field];
    else rest[field] = old[field];
  }
  if (old.terminationGracePeriodSeconds < 0 && rest.terminationGracePeriodSeconds === 1) {
    rest.terminationGracePeriodSeconds = old.terminationGracePeriodSeconds;
  }
  return rest;
}

/** Gated pods are not placed yet, so where they may go can still be narrowed (KEP-3838). */
function takeOverGatedChanges(errors: Errors, rest: Plain, old: Plain): void {
  if (!semanticEqual(rest.nodeSelector, old.nodeSelector)) {
    for (const [key, value] of Object.entries(old.nodeSelector ?? {})) {
      if (rest.nodeSelector?.[key] === value) continue;
      const text = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)';
      errors.push(fieldInvalid('spec.nodeSelector', rest.nodeSelector ?? null, text));
      break;
    }
    rest.nodeSelector = old.nodeSelector;
  }
  const before = old.affinity?.nodeAffinity;
  const now = rest.affinity?.nodeAffinity;
  if (semanticEqual(before, now)) return;
  checkNarrowedAffinity(errors, now, before);
  if (rest.affinity === undefined) rest.affinity = { nodeAffinity: before };
  else if (before === undefined) delete rest.affinity.nodeAffinity;
  else rest.affinity.nodeAffinity = before;
  if (old.affinity === undefined && Object.keys(rest.affinity).length === 0) delete rest.affinity;
}

function checkNarrowedAffinity(
  errors: Errors,
  now: Plain | undefined,
  before: Plain | undefined,
): void {
  const hard = 'requiredDuringSchedulingIgnoredDuringExecution';
  const required = before?.[hard];
  if (required === undefined) return;
  const path = `spec.affinity.nodeAffinity.${hard}.nodeSelectorTerms`;
  const oldTerms: Plain[] = required.nodeSelectorTerms ?? [];
  const given: Plain[] | undefined = now?.[hard]?.nodeSelectorTerms;
  const terms = given ?? [];
  if (oldTerms.length > 0 && terms.length !== oldTerms.length) {
    const text = 'no additions/deletions to non-empty NodeSelectorTerms list are allowed';
    const shown = given?.map((term) => internalForm('NodeSelectorTerm', term)) ?? null;
    errors.push(fieldInvalid(path, shown, text));
    return;
  }
  for (const [i, term] of oldTerms.entries()) {
    if (onlyAdds(terms[i] ?? {}, term)) continue;
    const text = 'only additions are allowed (no mutations or deletions)';
    errors.push(fieldInvalid(`${path}[${i}]`, internalForm('NodeSelectorTerm', terms[i]), text));
  }
}

/** An empty term selects no node; rules in it would select some. */
function onlyAdds(next: Plain, old: Plain): boolean {
  const lists = ['matchExpressions', 'matchFields'];
  const sizes = (term: Plain) => lists.map((list): number => (term[list] ?? []).length);
  if (sizes(old).every((n) => n === 0)) return sizes(next).every((n) => n === 0);
  return lists.every((list) => {
    const kept: Plain[] = old[list] ?? [];
    return semanticEqual(kept, (next[list] ?? []).slice(0, kept.length));
  });
}
