import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { selectorText } from '../column.ts';
import {
  dropDisabledTemplateFields,
  heldTemplateWarnings,
  podNameWarnings,
} from '../core/held-pod-template.ts';
import { allowancesOf } from '../core/pod-allowances.ts';
import { defaultPodTemplate } from '../core/pod-spec.ts';
import { checkImmutable, type Errors, keepStatus } from '../field-check.ts';
import { replicaColumns, validateReplicaStatus } from './replica-status.ts';
import { checkCounts, checkReplacedTemplate, checkSelector } from './workload.ts';
import type { KindDefinition } from '../resource.ts';

export const replicaSet: KindDefinition = {
  group: 'apps',
  version: 'v1',
  kind: 'ReplicaSet',
  resource: 'replicasets',
  namespaced: true,
  shortNames: ['rs'],
  categories: ['all'],
  storagePath: 'replicasets',
  generation: true,
  scale: {
    specReplicasPath: 'spec.replicas',
    statusReplicasPath: 'status.replicas',
    labelSelectorPath: 'spec.selector',
  },
  columns: replicaColumns(({ spec }) => selectorText(spec?.selector)),
  default(replicaSet) {
    replicaSet.spec ??= {};
    replicaSet.status ??= { replicas: 0 };
    replicaSet.spec.replicas ??= 1;
    defaultPodTemplate(replicaSet.spec.template);
  },
  prepareForCreate(replicaSet) {
    replicaSet.status = { replicas: 0 };
    dropDisabledTemplateFields(replicaSet, undefined, 'spec.template');
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    dropDisabledTemplateFields(next, old, 'spec.template');
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
  status: { validateUpdate: validateReplicaStatus },
};

const selectorWords = {
  empty: 'empty selector is invalid for deployment',
  wrong: 'invalid label selector',
};

function validate({ spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkCounts(errors, spec, ['replicas', 'minReadySeconds']);
  if (checkSelector(errors, spec, selectorWords)) {
    checkReplacedTemplate(errors, spec, 'ReplicaSet', allowancesOf(old?.spec?.template));
  }
  return errors;
}
