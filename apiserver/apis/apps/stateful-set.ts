import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, containerColumns, nameColumn, textColumn } from '../column.ts';
import { dropDisabledTemplateFields, heldTemplateWarnings } from '../core/held-pod-template.ts';
import { claimSpecWarnings } from '../core/persistent-volume-claim-warnings.ts';
import { defaultPodTemplate } from '../core/pod-spec.ts';
import { checkPodTemplate } from '../core/pod-template-validation.ts';
import { checkNonNegative, type Errors, keepStatus } from '../field-check.ts';
import { type Plain, setDefaults, setTextDefaults } from '../plain.ts';
import { checkAtMost } from './replica-status.ts';
import {
  checkAtMostAll,
  checkCollisions,
  checkCounts,
  checkIntOrPercent,
  checkSelectorAndTemplate,
  isZero,
} from './workload.ts';
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
  validate,
  validateUpdate,
  warnings,
  status: { validateUpdate: validateStatus },
};

function dropDisabled(next: KubeObject, old: KubeObject | undefined): void {
  dropDisabledTemplateFields(next, old, 'spec.template');
  // MaxUnavailableStatefulSet
  const rolling = next.spec.updateStrategy?.rollingUpdate;
  const inUse = old?.spec.updateStrategy?.rollingUpdate?.maxUnavailable !== undefined;
  if (rolling !== undefined && !inUse) delete rolling.maxUnavailable;
}

function warnings(object: KubeObject, old: KubeObject | undefined): string[] {
  if (old !== undefined && old.metadata.generation === object.metadata.generation) return [];
  const { spec } = object;
  const text =
    'spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended';
  return [
    ...heldTemplateWarnings(object, old, 'spec.template'),
    ...(spec.volumeClaimTemplates ?? []).flatMap((claim: Plain, i: number) =>
      claimSpecWarnings(claim.spec ?? {}, `spec.volumeClaimTemplates[${i}]`),
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

function validate({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const policies = ['OrderedReady', 'Parallel'];
  if (!policies.includes(spec.podManagementPolicy)) {
    const text = "must be 'OrderedReady' or 'Parallel'";
    errors.push(fieldInvalid('spec.podManagementPolicy', spec.podManagementPolicy, text));
  }
  checkStrategy(errors, spec.updateStrategy);
  for (const field of ['whenDeleted', 'whenScaled']) {
    const value = spec.persistentVolumeClaimRetentionPolicy?.[field];
    if (value === 'Retain' || value === 'Delete') continue;
    const path = `spec.persistentVolumeClaimRetentionPolicy.${field}`;
    errors.push(fieldNotSupported(path, value, ['Delete', 'Retain']));
  }
  checkCounts(errors, spec, ['replicas', 'minReadySeconds']);
  checkNonNegative(errors, spec.ordinals?.start, 'spec.ordinals.start');
  checkSelectorAndTemplate(errors, spec, 'empty selector is invalid for statefulset');
  checkPodTemplate(errors, withClaims(spec), 'spec.template', ['Always']);
  if (spec.template?.spec?.activeDeadlineSeconds !== undefined) {
    const why = 'activeDeadlineSeconds in StatefulSet is not Supported';
    errors.push(fieldForbidden('spec.template.spec.activeDeadlineSeconds', why));
  }
  return errors;
}

/** The template as its pods will be: every claim template is a volume of the same name. */
function withClaims(spec: Plain): Plain | undefined {
  if (spec.template === undefined) return undefined;
  const claims: Plain[] = spec.volumeClaimTemplates ?? [];
  const names = new Set(claims.map((claim) => claim.metadata?.name));
  const own = (spec.template.spec?.volumes ?? []).filter((v: Plain) => !names.has(v.name));
  const made = claims.map(({ metadata = {} }) => ({
    name: metadata.name,
    persistentVolumeClaim: { claimName: metadata.name },
  }));
  return { ...spec.template, spec: { ...spec.template.spec, volumes: [...own, ...made] } };
}

function checkStrategy(errors: Errors, strategy: Plain): void {
  const path = 'spec.updateStrategy';
  const { type, rollingUpdate } = strategy;
  switch (type) {
    case undefined:
      errors.push(fieldRequired(path));
      return;
    case 'OnDelete':
      if (rollingUpdate !== undefined) {
        const text = "only allowed for updateStrategy 'RollingUpdate'";
        errors.push(fieldInvalid(`${path}.rollingUpdate`, rollingUpdate, text));
      }
      return;
    case 'RollingUpdate': {
      if (rollingUpdate === undefined) return;
      checkNonNegative(errors, rollingUpdate.partition, `${path}.rollingUpdate.partition`);
      const at = `${path}.rollingUpdate.maxUnavailable`;
      checkIntOrPercent(errors, rollingUpdate.maxUnavailable, at);
      if (rollingUpdate.maxUnavailable !== undefined && isZero(rollingUpdate.maxUnavailable)) {
        errors.push(fieldInvalid(at, rollingUpdate.maxUnavailable, 'cannot be 0'));
      }
      checkAtMostAll(errors, rollingUpdate.maxUnavailable, at);
      return;
    }
    default:
      errors.push(fieldInvalid(path, strategy, "must be 'RollingUpdate' or 'OnDelete'"));
  }
}

const updatable = [
  'replicas',
  'ordinals',
  'template',
  'updateStrategy',
  'revisionHistoryLimit',
  'persistentVolumeClaimRetentionPolicy',
  'minReadySeconds',
];

function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const rest = { ...next.spec };
  for (const field of updatable) rest[field] = old.spec[field];
  if (semanticEqual(rest, old.spec)) return [];
  const names = updatable.map((field) => `'${field}'`);
  const list = `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
  const why = `updates to statefulset spec for fields other than ${list} are forbidden`;
  return [fieldForbidden('spec', why)];
}

function validateStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const status: Plain = next.status ?? {};
  const counts = ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas'];
  for (const field of ['replicas', ...counts, 'observedGeneration', 'collisionCount']) {
    checkNonNegative(errors, status[field], `status.${field}`);
  }
  for (const field of counts) {
    checkAtMost(errors, status, field, 'replicas', 'cannot be greater than status.replicas');
  }
  const text = 'cannot be greater than status.readyReplicas';
  checkAtMost(errors, status, 'availableReplicas', 'readyReplicas', text);
  checkCollisions(errors, next, old);
  return errors;
}
