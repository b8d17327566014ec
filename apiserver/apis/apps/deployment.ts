import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, containerColumns, nameColumn, selectorText, textColumn } from '../column.ts';
import {
  dropDisabledTemplateFields,
  heldTemplateWarnings,
  podNameWarnings,
} from '../core/held-pod-template.ts';
import { allowancesOf } from '../core/pod-allowances.ts';
import { defaultPodTemplate } from '../core/pod-spec.ts';
import { checkImmutable, checkNonNegative, type Errors, keepStatus } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import { type Plain, setDefaults, setTextDefaults } from '../plain.ts';
import { checkAtMost } from './replica-status.ts';
import {
  checkAtMostAll,
  checkCollisions,
  checkCounts,
  checkIntOrPercent,
  checkReplacedTemplate,
  checkSelector,
  isZero,
} from './workload.ts';
import type { KindDefinition } from '../resource.ts';

export const deployment: KindDefinition = {
  group: 'apps',
  version: 'v1',
  kind: 'Deployment',
  resource: 'deployments',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  storagePath: 'deployments',
  generation: true,
  scale: {
    specReplicasPath: 'spec.replicas',
    statusReplicasPath: 'status.replicas',
    labelSelectorPath: 'spec.selector',
  },
  columns: [
    nameColumn,
    textColumn(
      'Ready',
      ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    ),
    textColumn('Up-to-date', ({ status }) => status?.updatedReplicas ?? 0),
    textColumn('Available', ({ status }) => status?.availableReplicas ?? 0),
    ageColumn,
    ...containerColumns(({ spec }) => spec?.template?.spec),
    textColumn('Selector', ({ spec }) => selectorText(spec?.selector), 1),
  ],
  default: defaultDeployment,
  prepareForCreate(deployment) {
    deployment.status = {};
    dropDisabledTemplateFields(deployment, undefined, 'spec.template');
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    dropDisabledTemplateFields(next, old, 'spec.template');
    // The controller copies annotations to its ReplicaSets, so they count as desired state.
    if (!semanticEqual(next.metadata.annotations, old.metadata.annotations)) {
      next.metadata.generation = Number(old.metadata.generation ?? 0) + 1;
    }
  },
  validate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.spec.selector, old.spec.selector, 'spec.selector');
    return errors;
  },
  warnings: (object, old) => [
    ...podNameWarnings(object, old),
    ...heldTemplateWarnings(object, old, 'spec.template'),
  ],
  status: { keepsMetadata: ['labels'], validateUpdate: validateStatus },
};

function defaultDeployment(deployment: KubeObject): void {
  deployment.spec ??= {};
  deployment.status ??= {};
  const { spec } = deployment;
  setDefaults(spec, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  spec.strategy ??= {};
  setTextDefaults(spec.strategy, { type: 'RollingUpdate' });
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {};
    setDefaults(spec.strategy.rollingUpdate, { maxUnavailable: '25%', maxSurge: '25%' });
  }
  defaultPodTemplate(spec.template);
}

const selectorWords = {
  empty: 'empty selector is invalid for deployment',
  wrong: 'invalid label selector',
};

function validate({ spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkNonNegative(errors, spec.replicas, 'spec.replicas');
  if (checkSelector(errors, spec, selectorWords)) {
    checkReplacedTemplate(errors, spec, 'ReplicaSet', allowancesOf(old?.spec?.template));
  }
  checkStrategy(errors, spec.strategy);
  checkCounts(errors, spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']);
  const deadline = spec.progressDeadlineSeconds;
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    const text = 'must be greater than minReadySeconds';
    errors.push(fieldInvalid('spec.progressDeadlineSeconds', deadline, text));
  }
  return errors;
}

function checkStrategy(errors: Errors, strategy: Plain): void {
  const path = 'spec.strategy.rollingUpdate';
  const { type, rollingUpdate } = strategy;
  switch (type) {
    case 'Recreate':
      if (rollingUpdate !== undefined) {
        errors.push(
          fieldForbidden(path, "may not be specified when strategy `type` is 'Recreate'"),
        );
      }
      return;
    case 'RollingUpdate': {
      if (rollingUpdate === undefined) {
        errors.push(fieldRequired(path, 'this should be defaulted and never be nil'));
        return;
      }
      const { maxUnavailable, maxSurge } = rollingUpdate;
      checkIntOrPercent(errors, maxUnavailable, `${path}.maxUnavailable`);
      checkIntOrPercent(errors, maxSurge, `${path}.maxSurge`);
      if (isZero(maxUnavailable) && isZero(maxSurge)) {
        const text = 'may not be 0 when `maxSurge` is 0';
        errors.push(fieldInvalid(`${path}.maxUnavailable`, maxUnavailable, text));
      }
      checkAtMostAll(errors, maxUnavailable, `${path}.maxUnavailable`);
      return;
    }
    default: {
      const shown = internalForm('DeploymentStrategy', strategy);
      errors.push(fieldNotSupported('spec.strategy', shown, ['Recreate', 'RollingUpdate']));
    }
  }
}

function validateStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const status: Plain = next.status ?? {};
  const counts = ['updatedReplicas', 'readyReplicas', 'availableReplicas'];
  for (const field of [
    'observedGeneration',
    'replicas',
    ...counts,
    'unavailableReplicas',
    'terminatingReplicas',
    'collisionCount',
  ]) {
    checkNonNegative(errors, status[field], `status.${field}`);
  }
  for (const field of counts) {
    checkAtMost(errors, status, field, 'replicas', 'cannot be greater than status.replicas');
  }
  const text = 'cannot be greater than readyReplicas';
  checkAtMost(errors, status, 'availableReplicas', 'readyReplicas', text);
  checkCollisions(errors, next, old);
  return errors;
}
