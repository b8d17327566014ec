import { fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkAtMostAll, checkIntOrPercent } from '../apps/workload.ts';
import { ageColumn, integerColumn, nameColumn, textColumn } from '../column.ts';
import { checkConditionList } from '../condition-validation.ts';
import { checkNonNegative, checkOptionalOneOf, type Errors, keepStatus } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import { setDefaults } from '../plain.ts';
import { checkLabelSelector, selectorIsWrong } from '../selector-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const podDisruptionBudget: KindDefinition = {
  group: 'policy',
  version: 'v1',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  namespaced: true,
  shortNames: ['pdb'],
  storagePath: 'poddisruptionbudgets',
  nameRule: 'path-segment',
  generation: true,
  unconditionalUpdate: false,
  columns: [
    nameColumn,
    textColumn('Min Available', ({ spec }) => String(spec?.minAvailable ?? 'N/A')),
    textColumn('Max Unavailable', ({ spec }) => String(spec?.maxUnavailable ?? 'N/A')),
    integerColumn('Allowed Disruptions', ({ status }) => status?.disruptionsAllowed ?? 0),
    ageColumn,
  ],
  default(budget) {
    budget.spec ??= {};
    budget.status ??= {};
    setDefaults(budget.status, emptyStatus);
  },
  prepareForCreate(budget) {
    budget.status = { ...emptyStatus };
  },
  prepareForUpdate: keepStatus,
  judgesMetadata: false,
  updateChecks: ['rules'],
  validate,
  status: { updateChecks: ['changes'], validateUpdate: validateStatus },
};

const emptyStatus = {
  disruptionsAllowed: 0,
  currentHealthy: 0,
  desiredHealthy: 0,
  expectedPods: 0,
};

function validate({ spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    const text = 'minAvailable and maxUnavailable cannot be both set';
    errors.push(fieldInvalid('spec', internalForm('PodDisruptionBudgetSpec', spec), text));
  }
  for (const field of ['minAvailable', 'maxUnavailable']) {
    checkIntOrPercent(errors, spec[field], `spec.${field}`);
    checkAtMostAll(errors, spec[field], `spec.${field}`);
  }
  const anyValue = selectorIsWrong(old?.spec?.selector);
  checkLabelSelector(errors, spec.selector, 'spec.selector', { anyValue });
  checkOptionalOneOf(errors, spec.unhealthyPodEvictionPolicy, 'spec.unhealthyPodEvictionPolicy', [
    'AlwaysAllow',
    'IfHealthyBudget',
  ]);
  return errors;
}

function validateStatus({ status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkConditionList(errors, status?.conditions ?? [], 'status.conditions');
  for (const field of Object.keys(emptyStatus)) {
    checkNonNegative(errors, status?.[field], `status.${field}`);
  }
  return errors;
}
