import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, booleanColumn, integerColumn, nameColumn, textColumn } from '../column.ts';
import { checkOptionalOneOf, type Errors, immutableMessage } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';

export const priorityClass: KindDefinition = {
  group: 'scheduling.k8s.io',
  version: 'v1',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  namespaced: false,
  shortNames: ['pc'],
  storagePath: 'priorityclasses',
  generation: false,
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
  validate,
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

/** Why a class may not have a name of the system's; undefined when it is that class. */
function notOfSystem({ metadata, value, globalDefault }: KubeObject): string | undefined {
  const { name = '' } = metadata;
  const wanted = systemClasses[name];
  if (wanted === undefined) return `${name} is not a known system priority class`;
  if (wanted !== value) return `value of ${name} PriorityClass must be ${wanted}`;
  return globalDefault === true
    ? `globalDefault of ${name} PriorityClass must be false`
    : undefined;
}

function validate(object: KubeObject): StatusCause[] {
  const { metadata, value, preemptionPolicy } = object;
  const errors: Errors = [];
  const name = metadata.name ?? '';
  if (name.startsWith('system-')) {
    const error = notOfSystem(object);
    if (error !== undefined) {
      const why = `priority class names with 'system-' prefix are reserved for system use only. error: ${error}`;
      errors.push(fieldForbidden('metadata.name', why));
    }
  } else if (value > highestUserPriority) {
    const why = `maximum allowed value of a user defined priority is ${highestUserPriority}`;
    errors.push(fieldForbidden('value', why));
  }
  const policies = ['Never', 'PreemptLowerPriority'];
  checkOptionalOneOf(errors, preemptionPolicy, 'preemptionPolicy', policies);
  return errors;
}
