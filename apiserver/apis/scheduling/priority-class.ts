import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, booleanColumn, integerColumn, nameColumn, textColumn } from '../column.ts';
import { checkOneOf, type Errors, immutableMessage } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';

export const priorityClass: KindDefinition = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  namespaced: false,
  shortNames: ['pc'],
  storagePath: 'priorityclasses',
  generation: true,
  columns: [
    nameColumn,
    integerColumn('Value', (priority) => priority.value ?? 0),
    booleanColumn('Global-Default', (priority) => priority.globalDefault ?? false),
    ageColumn,
    textColumn('PreemptionPolicy', (priority) => priority.preemptionPolicy ?? '<unset>'),
  ],
  default(priority) {
    priority.preemptionPolicy ??= 'PreemptLowerPriority';
    priority.value ??= 0;
  },
  validateCreate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    if (next.value !== old.value) {
      errors.push(fieldForbidden('value', 'may not be changed in an update.'));
    }
    if (next.preemptionPolicy !== old.preemptionPolicy) {
      errors.push(fieldInvalid('preemptionPolicy', next.preemptionPolicy, immutableMessage));
    }
    return errors;
  },
};

const highestUserPriority = 1_000_000_000;

/** The classes that the API server itself keeps. */
const systemClasses: Record<string, number> = {
  'system-node-critical': 2_000_001_000,
  'system-cluster-critical': 2_000_000_000,
};

function validateCreate(priority: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const { metadata, value, preemptionPolicy } = priority;
  const name = metadata.name ?? '';
  if (name.startsWith('system-')) {
    const problem = systemClassProblem(name, priority);
    if (problem !== undefined) {
      const why = `priority class names with 'system-' prefix are reserved for system use only. error: ${problem}`;
      errors.push(fieldForbidden('metadata.name', why));
    }
  } else if (value > highestUserPriority) {
    const why = `maximum allowed value of a user defined priority is ${highestUserPriority}`;
    errors.push(fieldForbidden('value', why));
  }
  const policies = ['PreemptLowerPriority', 'Never'];
  checkOneOf(errors, preemptionPolicy, 'preemptionPolicy', policies);
  return errors;
}

/** Scheduling's IsKnownSystemPriorityClass. */
function systemClassProblem(name: string, priority: KubeObject): string | undefined {
  const known = systemClasses[name];
  if (known === undefined) return `${name} is not a known system priority class`;
  if (priority.value !== known) return `value of ${name} PriorityClass must be ${known}`;
  if (priority.globalDefault !== true) return undefined;
  return `globalDefault of ${name} PriorityClass must be false`;
}
