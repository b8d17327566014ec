import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import type { CustomSubresource } from '../resource.ts';
import { isSidecar } from './pod-containers.ts';
import { isStatic, keepAllBut } from './pod-part.ts';
import { podQosClass } from './pod-qos.ts';
import { validatePod } from './pod-validation.ts';

/** pods/resize: cpu and memory of a running pod (pod strategy, core validation ValidatePodResize). */

const lists = ['containers', 'initContainers'] as const;

export const resize: NonNullable<CustomSubresource['update']> = {
  prepare(next, old) {
    // Validation refuses what is not as many containers as there are.
    if (lists.some((list) => listOf(next, list).length !== listOf(old, list).length)) return;
    const spec = { ...old.spec };
    takeOver(spec, next.spec, 'resources');
    for (const list of lists) {
      const before = listOf(old, list);
      const now = listOf(next, list);
      if (now.length === 0) continue;
      const same = now.every((container, i) => container.name === before[i]?.name);
      spec[list] = same ? before.map((own, i) => withResources(own, now[i] ?? {})) : now;
    }
    keepAllBut(next, old, spec);
  },
  validate: validateResize,
};

function listOf({ spec }: KubeObject, list: string): Plain[] {
  return spec?.[list] ?? [];
}

function takeOver(into: Plain, from: Plain, field: string): void {
  if (from[field] === undefined) delete into[field];
  else into[field] = from[field];
}

function withResources(container: Plain, from: Plain): Plain {
  const next = { ...container };
  for (const field of ['resources', 'resizePolicy']) takeOver(next, from, field);
  return next;
}

function validateResize(next: KubeObject, old: KubeObject): StatusCause[] {
  if (isStatic(old)) return [fieldForbidden('[]', 'static pods cannot be resized')];
  if (old.spec.os?.name === 'windows') {
    return [fieldForbidden('[]', 'windows pods cannot be resized')];
  }
  const errors: Errors = validatePod(next, old);
  if ((old.status?.qosClass || podQosClass(old.spec)) !== podQosClass(next.spec)) {
    const text = 'Pod QOS Class may not change as a result of resizing';
    errors.push(fieldInvalid('spec', next.status?.qosClass ?? '', text));
  }
  if (!nodeCanResize(old)) {
    errors.push(fieldForbidden('spec', 'Pod running on node without support for resize'));
  }
  checkWhole(errors, next.spec.resources, old.spec.resources);
  if ((old.status?.nodeAllocatableResourceClaimStatuses ?? []).length > 0) {
    const why = 'pods with node allocatable resource claims cannot be resized';
    errors.push(fieldForbidden('spec', why));
  }
  const before = errors.length;
  for (const list of lists) checkSameContainers(errors, next, old, list);
  if (errors.length > before) return errors;
  for (const list of ['initContainers', 'containers']) {
    for (const [i, container] of listOf(old, list).entries()) {
      const now: Plain = listOf(next, list)[i]?.resources ?? {};
      const path = `spec.${list}[${i}].resources`;
      checkRemoved(errors, now, container.resources ?? {}, path, 'resource');
    }
  }
  checkOnlyAmounts(errors, next, old);
  return errors;
}

/** A kubelet that can resize says what its running containers were given. */
function nodeCanResize({ status }: KubeObject): boolean {
  const statuses: Plain[] = status?.containerStatuses ?? [];
  const running = statuses.find((s) => s.state?.running !== undefined);
  return running === undefined || running.resources !== undefined;
}

/** What the pod asks for as a whole (InPlacePodLevelResourcesVerticalScaling). */
function checkWhole(errors: Errors, next: Plain | undefined, old: Plain | undefined): void {
  const asks = (resources: Plain | undefined): boolean =>
    [resources?.requests, resources?.limits].some((side) => Object.keys(side ?? {}).length > 0);
  if (!asks(next) && !asks(old)) return;
  const path = 'spec.resources';
  if (next === undefined) {
    errors.push(fieldForbidden(path, 'pod-level resources cannot be removed'));
    return;
  }
  checkRemoved(errors, next, old ?? {}, path, 'pod-level resource');
  if (semanticEqual(withoutAmounts(next), withoutAmounts(old))) return;
  errors.push(fieldForbidden('spec', 'only cpu and memory resources are mutable at pod-level'));
}

function checkRemoved(errors: Errors, next: Plain, old: Plain, path: string, what: string): void {
  for (const side of ['requests', 'limits']) {
    const kept = next[side] ?? {};
    if (Object.keys(old[side] ?? {}).every((name) => kept[name] !== undefined)) continue;
    errors.push(fieldForbidden(`${path}.${side}`, `${what} ${side} cannot be removed`));
  }
}

function checkSameContainers(
  errors: Errors,
  next: KubeObject,
  old: KubeObject,
  list: string,
): void {
  const [now, before] = [listOf(next, list), listOf(old, list)];
  const path = `spec.${list}`;
  if (now.length !== before.length) {
    errors.push(fieldForbidden(path, `${list} may not be added or removed on resize`));
    return;
  }
  for (const [i, { name }] of before.entries()) {
    if (now[i]?.name === name) continue;
    const why = `${list} may not be renamed or reordered on resize`;
    errors.push(fieldForbidden(`${path}[${i}].name`, why));
  }
}

function checkOnlyAmounts(errors: Errors, next: KubeObject, old: KubeObject): void {
  for (const [i, before] of listOf(old, 'containers').entries()) {
    if (sameButAmounts(listOf(next, 'containers')[i] ?? {}, before)) continue;
    errors.push(fieldForbidden('spec', 'only cpu and memory resources are mutable'));
  }
  for (const [i, before] of listOf(old, 'initContainers').entries()) {
    const now = listOf(next, 'initContainers')[i] ?? {};
    const path = `spec.initContainers[${i}]`;
    if (!sameButAmounts(now, before)) {
      const why = 'only cpu and memory resources for init or sidecar containers are mutable';
      errors.push(fieldForbidden(path, why));
    }
    if (isSidecar(now) || semanticEqual(now, before)) continue;
    for (const { restartPolicy } of now.resizePolicy ?? []) {
      if (restartPolicy !== 'RestartContainer') continue;
      const why =
        'non-sidecar init containers with a resize policy of RestartContainer cannot be resized';
      errors.push(fieldForbidden(path, why));
    }
  }
}

/** Upstream compares what is sent without its claims: a container that has any is not resized. */
function sameButAmounts(next: Plain, old: Plain): boolean {
  const rest = (container: Plain): Plain => ({
    ...container,
    resources: withoutAmounts(container.resources),
  });
  const { claims: _claims, ...resources } = next.resources ?? {};
  return semanticEqual(rest({ ...next, resources }), rest(old));
}

/** Without the cpu and the memory that a resize may change. */
function withoutAmounts(resources: Plain = {}): Plain {
  const rest: Plain = { ...resources };
  for (const side of ['requests', 'limits']) {
    const { cpu: _cpu, memory: _memory, ...others } = rest[side] ?? {};
    rest[side] = others;
  }
  return rest;
}
