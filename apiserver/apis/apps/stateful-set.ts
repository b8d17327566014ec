import type { KubeObject } from '../../../object/object.ts';
import { ageColumn, containerColumns, nameColumn, textColumn } from '../column.ts';
import { dropDisabledTemplateFields, heldTemplateWarnings } from '../core/held-pod-template.ts';
import { claimSpecWarnings } from '../core/persistent-volume-claim-warnings.ts';
import { defaultPodTemplate } from '../core/pod-spec.ts';
import { keepStatus } from '../field-check.ts';
import { type Plain, setDefaults, setTextDefaults } from '../plain.ts';
import {
  validateStatefulSet,
  validateStatefulSetStatus,
  validateStatefulSetUpdate,
} from './stateful-set-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const statefulSet: KindDefinition = {
  group: 'apps',
  version: 'v1',
  kind: 'StatefulSet',
  resource: 'statefulsets',
  namespaced: true,
  shortNames: ['sts'],
  categories: ['all'],
  storagePath: 'statefulsets',
  generation: true,
  nameRule: 'dns-label',
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
    ageColumn,
    ...containerColumns(({ spec }) => spec?.template?.spec),
  ],
  default: defaultStatefulSet,
  prepareForCreate(statefulSet) {
    statefulSet.status = { ...emptyStatus };
    dropDisabled(statefulSet, undefined);
  },
  prepareForUpdate(next, old) {
    keepStatus(next, old);
    dropDisabled(next, old);
  },
  validate: validateStatefulSet,
  validateUpdate: validateStatefulSetUpdate,
  warnings,
  status: {
    updateChecks: ['changes', 'changed metadata'],
    validateUpdate: validateStatefulSetStatus,
  },
};

function dropDisabled(next: KubeObject, old: KubeObject | undefined): void {
  dropDisabledTemplateFields(next, old, 'spec.template');
  // MaxUnavailableStatefulSet
  const rolling = next.spec.updateStrategy?.rollingUpdate;
  const inUse = old?.spec.updateStrategy?.rollingUpdate?.maxUnavailable !== undefined;
  if (rolling !== undefined && !inUse) delete rolling.maxUnavailable;
}

function warnings(object: KubeObject, old: KubeObject | undefined): string[] {
  const { spec } = object;
  const text =
    'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended';
  return [
    ...heldTemplateWarnings(object, old, 'spec.template'),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim: Plain, i: number) =>
      // the capital is upstream's
      claimSpecWarnings(
        claim.spec ?? {},
        `spec.volumeClaimTemplates[${i}]${old === undefined ? '' : '.Spec'}`,
      ),
    ),
    ...(spec.revisionHistoryLimit < 0 ? [text] : []),
  ];
}

const emptyStatus = { replicas: 0, availableReplicas: 0 };

function defaultStatefulSet(statefulSet: KubeObject): void {
  statefulSet.spec ??= {};
  statefulSet.status ??= {};
  setDefaults(statefulSet.status, emptyStatus);
  const { spec } = statefulSet;
  setTextDefaults(spec, { podManagementPolicy: 'OrderedReady' });
  spec.updateStrategy ??= {};
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = 'RollingUpdate';
    spec.updateStrategy.rollingUpdate ??= {};
  }
  const { type, rollingUpdate } = spec.updateStrategy;
  if (type === 'RollingUpdate' && rollingUpdate !== undefined) rollingUpdate.partition ??= 0;
  spec.persistentVolumeClaimRetentionPolicy ??= {};
  const retention = { whenDeleted: 'Retain', whenScaled: 'Retain' };
  setTextDefaults(spec.persistentVolumeClaimRetentionPolicy, retention);
  setDefaults(spec, { replicas: 1, revisionHistoryLimit: 10 });
  defaultPodTemplate(spec.template);
  for (const claim of spec.volumeClaimTemplates ?? []) {
    setTextDefaults(claim, { apiVersion: 'v1', kind: 'PersistentVolumeClaim' });
    claim.spec ??= {};
    claim.spec.volumeMode ??= 'Filesystem';
    claim.status ??= {};
    setTextDefaults(claim.status, { phase: 'Pending' });
  }
}
