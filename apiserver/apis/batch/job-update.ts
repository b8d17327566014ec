import { fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkImmutable, type Errors } from '../field-check.ts';
import { checkImmutableStruct } from '../internal-form.ts';
import type { Plain } from '../plain.ts';

/** What of a Job may change (ValidateJobSpecUpdate). */

/** With the type of those that are structs. */
const immutable = [
  ['completionMode'],
  ['podFailurePolicy', 'PodFailurePolicy'],
  ['backoffLimitPerIndex'],
  ['managedBy'],
  ['successPolicy', 'SuccessPolicy'],
] as const;

export function validateJobUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkCompletions(errors, next.spec, old.spec);
  checkImmutable(errors, next.spec.selector, old.spec.selector, 'spec.selector');
  checkTemplate(errors, next.spec.template ?? {}, old);
  for (const [field, type] of immutable) {
    const [now, before, path] = [next.spec[field], old.spec[field], `spec.${field}`];
    if (type === undefined) checkImmutable(errors, now, before, path);
    else checkImmutableStruct(errors, now, before, path, type);
  }
  return errors;
}

/** An indexed Job may change its size as long as both numbers move together (KEP-3715). */
function checkCompletions(errors: Errors, next: Plain, old: Plain): void {
  if (next.completionMode !== 'Indexed') {
    checkImmutable(errors, next.completions, old.completions, 'spec.completions');
    return;
  }
  const { completions } = next;
  if (completions === old.completions || completions === undefined) return;
  if (completions === next.parallelism) return;
  const text = 'can only be modified in tandem with spec.parallelism';
  errors.push(fieldInvalid('spec.completions', completions, text));
}

/**
 * A Job that stands still may change where its pods may run (KEP-2926) and how much they ask for
 * (KEP-5440); upstream then looks at the pods' spec alone.
 */
function checkTemplate(errors: Errors, next: Plain, old: KubeObject): void {
  const before: Plain = old.spec.template ?? {};
  if (!standsStill(old)) {
    checkImmutableStruct(errors, next, before, 'spec.template', 'PodTemplateSpec');
    return;
  }
  const allowed = allowedPod(next.spec ?? {}, before.spec);
  checkImmutableStruct(errors, next.spec ?? {}, allowed, 'spec.template.spec', 'PodSpec');
}

/** Asked to, and no pod of an earlier run is left. */
function standsStill({ spec, status = {} }: KubeObject): boolean {
  if (spec.suspend !== true || status.active > 0) return false;
  if (status.startTime === undefined) return true;
  return (status.conditions ?? []).some(
    (c: Plain) => c.type === 'Suspended' && c.status === 'True',
  );
}

/** The pods' old spec, with what may change as the new one has it. */
function allowedPod(next: Plain, old: Plain = {}): Plain {
  const allowed: Plain = { ...old };
  for (const field of ['nodeSelector', 'tolerations', 'schedulingGates']) {
    if (next[field] === undefined) delete allowed[field];
    else allowed[field] = next[field];
  }
  const affinity = withNodeAffinity(old.affinity, next.affinity);
  if (affinity === undefined) delete allowed.affinity;
  else allowed.affinity = affinity;
  for (const list of ['containers', 'initContainers']) {
    const now: Plain[] = next[list] ?? [];
    if (now.length !== (old[list] ?? []).length) continue;
    allowed[list] = old[list]?.map((container: Plain, i: number) =>
      now[i]?.name === container.name ? { ...container, resources: now[i]?.resources } : container,
    );
  }
  return allowed;
}

function withNodeAffinity(old: Plain | undefined, next: Plain | undefined): Plain | undefined {
  const { nodeAffinity: _nodeAffinity, ...rest } = old ?? {};
  if (next === undefined) return Object.keys(rest).length === 0 ? undefined : rest;
  return { ...rest, nodeAffinity: next.nodeAffinity };
}
