import { semanticEqual } from '../../../object/equal.ts';
import { fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkImmutable, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** What of a Job may change (ValidateJobSpecUpdate). */

const immutable = [
  'completionMode',
  'podFailurePolicy',
  'backoffLimitPerIndex',
  'managedBy',
  'successPolicy',
];

export function validateJobUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkCompletions(errors, next.spec, old.spec);
  checkImmutable(errors, next.spec.selector, old.spec.selector, 'spec.selector');
  const template: Plain = next.spec.template ?? {};
  if (!semanticEqual(template, allowedTemplate(template, old))) {
    errors.push(fieldInvalid('spec.template', template, 'field is immutable'));
  }
  for (const field of immutable) {
    checkImmutable(errors, next.spec[field], old.spec[field], `spec.${field}`);
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

/** The old template, with what a Job that stands still may change as the new one has it. */
function allowedTemplate(next: Plain, old: KubeObject): Plain {
  const before: Plain = structuredClone(old.spec.template ?? {});
  const still = old.status?.startTime === undefined || !(old.status?.active > 0);
  if (old.spec.suspend !== true || !still) return before;
  before.spec ??= {};
  before.metadata = { ...before.metadata };
  // Where its pods may run (KEP-2926) ...
  for (const field of ['nodeSelector', 'tolerations', 'schedulingGates']) {
    before.spec[field] = next.spec?.[field];
  }
  for (const field of ['annotations', 'labels']) before.metadata[field] = next.metadata?.[field];
  before.spec.affinity = withNodeAffinity(before.spec.affinity, next.spec?.affinity);
  // ... and how much they ask for (KEP-5440).
  for (const list of ['containers', 'initContainers']) {
    for (const [i, container] of (before.spec[list] ?? []).entries()) {
      const now = next.spec?.[list]?.[i];
      if (now?.name === container.name) container.resources = now.resources;
    }
  }
  return before;
}

function withNodeAffinity(old: Plain | undefined, next: Plain | undefined): Plain | undefined {
  const { nodeAffinity: _nodeAffinity, ...rest } = old ?? {};
  if (next === undefined) return Object.keys(rest).length === 0 ? undefined : rest;
  return { ...rest, nodeAffinity: next.nodeAffinity };
}
