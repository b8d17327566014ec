import { semanticEqual } from '../../../object/equal.ts';
import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import {
  ageColumn,
  containerColumns,
  integerColumn,
  labelsText,
  nameColumn,
  selectorText,
  textColumn,
} from '../column.ts';
import { dropDisabledTemplateFields, heldTemplateWarnings } from '../core/held-pod-template.ts';
import { workloadAllowances } from '../core/pod-allowances.ts';
import { defaultPodTemplate } from '../core/pod-spec.ts';
import { checkImmutable, checkNonNegative, type Errors, keepStatus } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import { type Plain, setDefaults, setTextDefaults } from '../plain.ts';
import {
  checkAtMostAll,
  checkCollisions,
  checkCounts,
  checkIntOrPercent,
  checkReplacedTemplate,
  isZero,
  mismatch,
  selectsTemplate,
} from './workload.ts';
import { checkLabelSelector, isEmptySelector } from '../selector-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const daemonSet: KindDefinition = {
  group: 'apps',
  version: 'v1',
  kind: 'DaemonSet',
  resource: 'daemonsets',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  storagePath: 'daemonsets',
  generation: true,
  columns: [
    nameColumn,
    integerColumn('Desired', ({ status }) => status?.desiredNumberScheduled ?? 0),
    integerColumn('Current', ({ status }) => status?.currentNumberScheduled ?? 0),
    integerColumn('Ready', ({ status }) => status?.numberReady ?? 0),
    integerColumn('Up-to-date', ({ status }) => status?.updatedNumberScheduled ?? 0),
    integerColumn('Available', ({ status }) => status?.numberAvailable ?? 0),
    textColumn('Node Selector', ({ spec }) => labelsText(spec?.template?.spec?.nodeSelector)),
    ageColumn,
    ...containerColumns(({ spec }) => spec?.template?.spec),
    textColumn('Selector', ({ spec }) => selectorText(spec?.selector), 1),
  ],
  default: defaultDaemonSet,
  prepareForCreate(daemonSet) {
    daemonSet.status = { ...emptyStatus };
    setTemplateGeneration(daemonSet, '1');
    dropDisabledTemplateFields(daemonSet, undefined, 'spec.template');
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    dropDisabledTemplateFields(next, old, 'spec.template');
    const before = Number(old.metadata.annotations?.[templateGeneration] ?? 0);
    const changed = !semanticEqual(next.spec.template, old.spec.template);
    setTemplateGeneration(next, String(changed ? before + 1 : before));
  },
  updateChecks: ['changed metadata', 'changes', 'rules'],
  validate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.spec.selector, old.spec.selector, 'spec.selector');
    return errors;
  },
  warnings: (object, old) => heldTemplateWarnings(object, old, 'spec.template'),
  status: { validateUpdate: validateStatus },
};

/** Counts the versions of the template; old clients still read it (apps/v1 conversion). */
const templateGeneration = 'deprecated.daemonset.template.generation';

/** Counters that are always shown. */
const emptyStatus = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
};

function setTemplateGeneration({ metadata }: KubeObject, value: string): void {
  metadata.annotations ??= {};
  metadata.annotations[templateGeneration] = value;
}

function defaultDaemonSet(daemonSet: KubeObject): void {
  daemonSet.spec ??= {};
  daemonSet.status ??= {};
  setDefaults(daemonSet.status, emptyStatus);
  const { spec } = daemonSet;
  spec.updateStrategy ??= {};
  setTextDefaults(spec.updateStrategy, { type: 'RollingUpdate' });
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {};
    setDefaults(spec.updateStrategy.rollingUpdate, { maxUnavailable: 1, maxSurge: 0 });
  }
  setDefaults(spec, { revisionHistoryLimit: 10 });
  defaultPodTemplate(spec.template);
}

function validate({ spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const allow = workloadAllowances(old?.spec);
  checkLabelSelector(errors, spec.selector, 'spec.selector', { anyValue: allow.anyAffinityValue });
  if (selectsTemplate(spec) === false) errors.push(mismatch(spec));
  if (spec.selector !== undefined && isEmptySelector(spec.selector)) {
    const text = 'empty selector is invalid for daemonset';
    errors.push(fieldInvalid('spec.selector', spec.selector, text));
  }
  checkReplacedTemplate(errors, spec, 'DaemonSet', allow);
  checkCounts(errors, spec, ['minReadySeconds']);
  checkStrategy(errors, spec.updateStrategy);
  checkCounts(errors, spec, ['revisionHistoryLimit']);
  return errors;
}

function checkStrategy(errors: Errors, strategy: Plain): void {
  const path = 'spec.updateStrategy.rollingUpdate';
  const { type, rollingUpdate } = strategy;
  if (type === 'OnDelete') return;
  if (type !== 'RollingUpdate') {
    const shown = internalForm('DaemonSetUpdateStrategy', strategy);
    errors.push(fieldNotSupported('spec.updateStrategy', shown, ['RollingUpdate', 'OnDelete']));
    return;
  }
  if (rollingUpdate === undefined) {
    errors.push(fieldRequired(path));
    return;
  }
  const { maxUnavailable, maxSurge } = rollingUpdate;
  const amounts = Object.entries({ maxUnavailable, maxSurge });
  for (const [field, value] of amounts) checkIntOrPercent(errors, value, `${path}.${field}`);
  for (const [field, value] of amounts) checkAtMostAll(errors, value, `${path}.${field}`);
  if (!isZero(maxSurge) && !isZero(maxUnavailable)) {
    const text = 'may not be set when maxUnavailable is non-zero';
    errors.push(fieldInvalid(`${path}.maxSurge`, maxSurge, text));
  }
  if (isZero(maxSurge) && isZero(maxUnavailable)) {
    const text = 'cannot be 0 when maxSurge is 0';
    errors.push(fieldRequired(`${path}.maxUnavailable`, text));
  }
}

function validateStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const fields = [
    ...Object.keys(emptyStatus),
    'observedGeneration',
    'updatedNumberScheduled',
    'numberAvailable',
    'numberUnavailable',
    'collisionCount',
  ];
  for (const field of fields) checkNonNegative(errors, next.status?.[field], `status.${field}`);
  checkCollisions(errors, next, old);
  return errors;
}
