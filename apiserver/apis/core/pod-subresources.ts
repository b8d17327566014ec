import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import type { CustomSubresource } from '../resource.ts';
import { isSidecar } from './pod-containers.ts';
import { podQosClass } from './pod-qos.ts';
import { changedPaths } from './pod-update.ts';
import { validatePod } from './pod-validation.ts';

/** pods/ephemeralcontainers and pods/resize: the one part of a pod that each may change (pod strategy). */

const mirrorAnnotation = 'kubernetes.io/config.mirror';

function isStatic({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[mirrorAnnotation] !== undefined;
}

/** Everything but `spec` as it was. */
function keepRest(next: KubeObject, old: KubeObject, spec: Plain): void {
  next.spec = spec;
  if (old.status === undefined) delete next.status;
  else next.status = old.status;
  const { metadata } = next;
  for (const field of [
    'finalizers',
    'ownerReferences',
    'deletionTimestamp',
    'labels',
    'annotations',
  ] as const) {
    if (old.metadata[field] === undefined) delete metadata[field];
    else Object.assign(metadata, { [field]: old.metadata[field] });
  }
}

type Door = NonNullable<CustomSubresource['update']>;

export const ephemeralContainers: Door = {
  prepare(next, old) {
    const added = next.spec?.ephemeralContainers;
    const spec = { ...old.spec };
    if (added === undefined) delete spec.ephemeralContainers;
    else spec.ephemeralContainers = added;
    keepRest(next, old, spec);
  },
  validate(next, old) {
    if (isStatic(old)) {
      return [fieldForbidden('', 'static pods do not support ephemeral containers')];
    }
    const errors: Errors = validatePod(next);
    const path = 'spec.ephemeralContainers';
    const now: Plain[] = next.spec.ephemeralContainers ?? [];
    for (const before of old.spec.ephemeralContainers ?? []) {
      const name = JSON.stringify(before.name);
      const kept = now.find((c) => c.name === before.name);
      if (kept === undefined) {
        const why = `existing ephemeral containers ${name} may not be removed\n`;
        errors.push(fieldForbidden(path, why));
      } else if (!semanticEqual(kept, before)) {
        const changes = changedPaths(before, kept, path).join('\n');
        const why = `existing ephemeral containers ${name} may not be changed\n${changes}`;
        errors.push(fieldForbidden(path, why));
      }
    }
    return errors;
  },
};

export const resize: Door = {
  prepare(next, old) {
    const spec = { ...old.spec };
    if (next.spec?.resources !== undefined) spec.resources = next.spec.resources;
    for (const list of ['containers', 'initContainers']) {
      const before: Plain[] = old.spec[list] ?? [];
      const now: Plain[] = next.spec?.[list] ?? [];
      // Added, removed or renamed containers are left for validation to refuse.
      const same = now.length === before.length && now.every((c, i) => c.name === before[i]?.name);
      if (before.length === 0 && now.length === 0) continue;
      spec[list] = same
        ? before.map((container, i) => withResources(container, now[i] ?? {}))
        : now;
    }
    keepRest(next, old, spec);
  },
  validate: validateResize,
};

function withResources(container: Plain, from: Plain): Plain {
  const next = { ...container };
  for (const field of ['resources', 'resizePolicy']) {
    if (from[field] === undefined) delete next[field];
    else next[field] = from[field];
  }
  return next;
}

function validateResize(next: KubeObject, old: KubeObject): StatusCause[] {
  if (isStatic(old)) return [fieldForbidden('', 'static pods cannot be resized')];
  if (old.spec.os?.name === 'windows') {
    return [fieldForbidden('', 'windows pods cannot be resized')];
  }
  const errors: Errors = validatePod(next);
  if ((old.status?.qosClass ?? podQosClass(old.spec)) !== podQosClass(next.spec)) {
    const text = 'Pod QOS Class may not change as a result of resizing';
    errors.push(fieldInvalid('spec', next.status?.qosClass ?? '', text));
  }
  if (!nodeCanResize(old)) {
    errors.push(fieldForbidden('spec', 'Pod running on node without support for resize'));
  }
  for (const list of ['containers', 'initContainers']) {
    const before: Plain[] = old.spec[list] ?? [];
    const now: Plain[] = next.spec[list] ?? [];
    if (before.length !== now.length || now.some((c, i) => c.name !== before[i]?.name)) {
      const why = 'containers may not be added, removed or renamed';
      errors.push(fieldForbidden(`spec.${list}`, why));
      return errors;
    }
  }
  checkRemovedAmounts(errors, next.spec, old.spec, 'initContainers');
  checkRemovedAmounts(errors, next.spec, old.spec, 'containers');
  checkOtherAmounts(errors, next.spec, old.spec);
  return errors;
}

/** A kubelet that can resize says what its running containers were given. */
function nodeCanResize({ status }: KubeObject): boolean {
  const statuses: Plain[] = status?.containerStatuses ?? [];
  return !statuses.some((s) => s.state?.running !== undefined && s.resources === undefined);
}

function checkRemovedAmounts(errors: Errors, next: Plain, old: Plain, list: string): void {
  for (const [i, before] of (old[list] ?? []).entries()) {
    if (list === 'initContainers' && !isSidecar(before)) continue;
    for (const side of ['requests', 'limits']) {
      const now = next[list][i].resources?.[side] ?? {};
      const names = Object.keys(before.resources?.[side] ?? {});
      if (names.every((name) => now[name] !== undefined)) continue;
      const path = `spec.${list}[${i}].resources.${side}`;
      errors.push(fieldForbidden(path, `resource ${side} cannot be removed`));
    }
  }
}

function checkOtherAmounts(errors: Errors, next: Plain, old: Plain): void {
  for (const [i, before] of (old.containers ?? []).entries()) {
    if (semanticEqual(withoutAmounts(next.containers[i]), withoutAmounts(before))) continue;
    errors.push(fieldForbidden('spec', 'only cpu and memory resources are mutable'));
  }
  for (const [i, before] of (old.initContainers ?? []).entries()) {
    const now: Plain = next.initContainers[i];
    if (!isSidecar(before)) {
      if (semanticEqual(now, before)) continue;
      const why = 'resources for non-sidecar init containers are immutable';
      errors.push(fieldForbidden('spec', why));
    } else if (!semanticEqual(withoutAmounts(now), withoutAmounts(before))) {
      const why = 'only cpu and memory resources for sidecar containers are mutable';
      errors.push(fieldForbidden('spec', why));
    }
  }
}

/** A container but for the cpu, the memory and the resize policy that a resize may change. */
function withoutAmounts(container: Plain): Plain {
  const { resizePolicy: _policy, resources = {}, ...rest } = container;
  const kept: Plain = { ...resources };
  for (const side of ['requests', 'limits']) {
    const { cpu: _cpu, memory: _memory, ...others } = kept[side] ?? {};
    kept[side] = others;
  }
  return { ...rest, resources: kept };
}
