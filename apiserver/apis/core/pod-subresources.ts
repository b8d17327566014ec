import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import type { CustomSubresource } from '../resource.ts';
import { podQosClass } from './pod-qos.ts';
import { checkPodSpec } from './pod-spec-validation.ts';
import { changedPaths } from './pod-update.ts';

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
    const errors: Errors = [];
    if (isStatic(old)) {
      return [fieldForbidden('', 'static pods do not support ephemeral containers')];
    }
    checkPodSpec(errors, next.spec, 'spec', true);
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
  const errors: Errors = [];
  if (isStatic(old)) return [fieldForbidden('', 'static pods cannot be resized')];
  if (old.spec.os?.name === 'windows')
    return [fieldForbidden('', 'windows pods cannot be resized')];
  checkPodSpec(errors, next.spec, 'spec', true);
  for (const list of ['containers', 'initContainers']) {
    const before: Plain[] = old.spec[list] ?? [];
    const now: Plain[] = next.spec[list] ?? [];
    if (before.length !== now.length || now.some((c, i) => c.name !== before[i]?.name)) {
      errors.push(
        fieldForbidden(`spec.${list}`, 'containers may not be added, removed or renamed'),
      );
      return errors;
    }
    for (const [i, container] of now.entries()) {
      checkContainerResize(
        errors,
        container,
        before[i] ?? {},
        list,
        `spec.${list}[${i}].resources`,
      );
    }
  }
  const qos = podQosClass(next.spec);
  if (podQosClass(old.spec) !== qos) {
    const text = 'Pod QOS Class may not change as a result of resizing';
    errors.push(fieldInvalid('spec', qos, text));
  }
  return errors;
}

function checkContainerResize(
  errors: Errors,
  next: Plain,
  old: Plain,
  list: string,
  path: string,
): void {
  if (list === 'initContainers' && old.restartPolicy !== 'Always') {
    if (!semanticEqual(next, old)) {
      const why = 'resources for non-sidecar init containers are immutable';
      errors.push(fieldForbidden('spec', why));
    }
    return;
  }
  for (const side of ['limits', 'requests']) {
    const before: Plain = old.resources?.[side] ?? {};
    const now: Plain = next.resources?.[side] ?? {};
    const removed = Object.keys(before).some((name) => now[name] === undefined);
    if (removed) {
      errors.push(fieldForbidden(`${path}.${side}`, `resource ${side} cannot be removed`));
    }
    const names = new Set([...Object.keys(before), ...Object.keys(now)]);
    for (const name of names) {
      if (name === 'cpu' || name === 'memory' || before[name] === now[name]) continue;
      const which = list === 'containers' ? '' : ' for sidecar containers';
      errors.push(fieldForbidden('spec', `only cpu and memory resources${which} are mutable`));
    }
  }
}
