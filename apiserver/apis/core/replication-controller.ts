import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { replicaColumns, validateReplicaStatus } from '../apps/replica-status.ts';
import { labelsText } from '../column.ts';
import { checkNonNegative, type Errors, keepStatus } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import {
  dropDisabledTemplateFields,
  heldTemplateWarnings,
  podNameWarnings,
} from './held-pod-template.ts';
import { defaultPodTemplate } from './pod-spec.ts';
import { allowancesOf } from './pod-allowances.ts';
import { checkPodTemplate } from './pod-template-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const replicationController: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'ReplicationController',
  resource: 'replicationcontrollers',
  namespaced: true,
  shortNames: ['rc'],
  categories: ['all'],
  storagePath: 'controllers',
  generation: true,
  scale: {
    specReplicasPath: 'spec.replicas',
    statusReplicasPath: 'status.replicas',
    labelSelectorPath: 'spec.selector',
  },
  columns: replicaColumns((controller) => labelsText(controller.spec?.selector)),
  orphansDependents: {},
  selectableFields: ({ status }) => ({ 'status.replicas': String(status?.replicas ?? 0) }),
  default: defaultController,
  prepareForCreate(controller) {
    controller.status = { replicas: 0 };
    dropDisabledTemplateFields(controller, undefined, 'spec.template');
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    dropDisabledTemplateFields(next, old, 'spec.template');
  },
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'rules'],
  validate,
  warnings: (object, old) => [
    ...podNameWarnings(object, old),
    ...heldTemplateWarnings(object, old, 'spec.template'),
  ],
  status: { validateUpdate: validateReplicaStatus },
};

function defaultController(controller: KubeObject): void {
  controller.spec ??= {};
  const { spec, metadata } = controller;
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined) {
    if (Object.keys(spec.selector ?? {}).length === 0) spec.selector = { ...labels };
    if (Object.keys(metadata.labels ?? {}).length === 0) metadata.labels = { ...labels };
  }
  setDefaults(spec, { replicas: 1 });
  defaultPodTemplate(spec.template);
}

function validate({ spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkNonNegative(errors, spec.minReadySeconds, 'spec.minReadySeconds');
  const selector: Record<string, string> = spec.selector ?? {};
  if (Object.keys(selector).length === 0) errors.push(fieldRequired('spec.selector'));
  checkNonNegative(errors, spec.replicas, 'spec.replicas');
  if (spec.template !== undefined) checkSelected(errors, selector, spec.template);
  const allow = allowancesOf(old?.spec?.template);
  checkPodTemplate(errors, spec.template, 'spec.template', ['Always'], allow);
  if (spec.template?.spec?.activeDeadlineSeconds !== undefined) {
    const why = 'activeDeadlineSeconds in ReplicationController is not Supported';
    errors.push(fieldForbidden('spec.template.spec.activeDeadlineSeconds', why));
  }
  return errors;
}

function checkSelected(errors: Errors, selector: Record<string, string>, template: Plain): void {
  const labels: Record<string, string> | undefined = template.metadata?.labels;
  if (Object.entries(selector).every(([key, value]) => labels?.[key] === value)) return;
  const text = '`selector` does not match template `labels`';
  errors.push(fieldInvalid('spec.template.metadata.labels', labels ?? null, text));
}
