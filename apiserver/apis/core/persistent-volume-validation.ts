import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkImmutable, checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkAccessModes, checkPositiveQuantity } from './access-modes.ts';
import { checkBasicAmounts } from './persistent-volume-claim-validation.ts';
import { checkNodeSelector } from './scheduling-validation.ts';
import { checkPersistentSource } from './volume-source-validation.ts';

/** core validation, ValidatePersistentVolume and its update. */

/** Where the data may be, in the order in which upstream looks. */
const sources = [
  'hostPath',
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'flocker',
  'nfs',
  'rbd',
  'quobyte',
  'cephfs',
  'iscsi',
  'cinder',
  'fc',
  'flexVolume',
  'azureFile',
  'vsphereVolume',
  'photonPersistentDisk',
  'portworxVolume',
  'azureDisk',
  'scaleIO',
  'local',
  'storageos',
  'csi',
];

function sourcesOf(spec: Plain): [string, Plain][] {
  const set = sources.filter((name) => spec[name] !== undefined && spec[name] !== null);
  return set.map((name): [string, Plain] => [name, spec[name]]);
}

export function validateVolume({ metadata, spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const modes: string[] = spec.accessModes ?? [];
  if (modes.length === 0) errors.push(fieldRequired('spec.accessModes'));
  checkAccessModes(errors, modes, 'spec.accessModes');
  checkCapacity(errors, spec.capacity ?? {});
  const policies = ['Delete', 'Recycle', 'Retain'];
  const policy = spec.persistentVolumeReclaimPolicy;
  checkOptionalOneOf(errors, policy, 'spec.persistentVolumeReclaimPolicy', policies);
  const hasAffinity = checkAffinity(errors, spec.nodeAffinity);
  checkSources(errors, spec, metadata.name ?? '', hasAffinity);
  if (spec.hostPath?.path === '/' && policy === 'Recycle') {
    const why = "may not be 'recycle' for a hostPath mount of '/'";
    errors.push(fieldForbidden('spec.persistentVolumeReclaimPolicy', why));
  }
  if (spec.storageClassName) {
    checkFormat(errors, spec.storageClassName, 'spec.storageClassName', dns1123SubdomainErrors);
  }
  checkOptionalOneOf(errors, spec.volumeMode, 'spec.volumeMode', ['Block', 'Filesystem']);
  checkAttributesClass(errors, spec);
  return errors;
}

function checkCapacity(errors: Errors, capacity: Record<string, string>): void {
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(fieldRequired('spec.capacity'));
  if (capacity.storage === undefined || names.length > 1) {
    errors.push(fieldNotSupported('spec.capacity', capacity, ['storage']));
  }
  for (const [name, amount] of Object.entries(capacity)) {
    checkBasicAmounts(errors, { [name]: amount }, 'spec.capacity');
    checkPositiveQuantity(errors, amount, `spec.capacity[${name}]`);
  }
}

/** Whether the volume says which nodes reach it. */
function checkAffinity(errors: Errors, affinity: Plain | undefined): boolean {
  if (affinity === undefined) return false;
  if (affinity.required !== undefined) {
    checkNodeSelector(errors, affinity.required, 'spec.nodeAffinity.required');
  } else {
    const text = 'must specify required node constraints';
    errors.push(fieldRequired('spec.nodeAffinity.required', text));
  }
  return true;
}

function checkSources(errors: Errors, spec: Plain, name: string, hasAffinity: boolean): void {
  const set = sourcesOf(spec);
  for (const [i, [source, value]] of set.entries()) {
    const path = `spec.${source}`;
    if (i > 0 && source !== 'flexVolume') {
      errors.push(fieldForbidden(path, 'may not specify more than 1 volume type'));
      continue;
    }
    checkPersistentSource(errors, source, value, path, name);
    if (source === 'local' && !hasAffinity) {
      errors.push(fieldRequired('spec.nodeAffinity', 'Local volume requires node affinity'));
    }
  }
  if (set.length === 0) errors.push(fieldRequired('spec', 'must specify a volume type'));
}

function checkAttributesClass(errors: Errors, spec: Plain): void {
  const name: string | undefined = spec.volumeAttributesClassName;
  if (name === undefined) return;
  const path = 'spec.volumeAttributesClassName';
  if (name === '') {
    errors.push(fieldRequired(path, 'an empty string is disallowed'));
  } else {
    checkFormat(errors, name, path, dns1123SubdomainErrors);
  }
  if (spec.csi === undefined) {
    const text = 'has to be specified when using volumeAttributesClassName';
    errors.push(fieldRequired('spec.csi', text));
  }
}

export function validateVolumeUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  // The secret that a growth needs may be given once, where the driver was installed without.
  const before = Object.fromEntries(sourcesOf(old.spec));
  if (before.csi !== undefined && before.csi.controllerExpandSecretRef === undefined) {
    const controllerExpandSecretRef = next.spec.csi?.controllerExpandSecretRef;
    if (controllerExpandSecretRef !== undefined) {
      before.csi = { ...before.csi, controllerExpandSecretRef };
    }
  }
  if (!semanticEqual(Object.fromEntries(sourcesOf(next.spec)), before)) {
    const why = 'spec.persistentvolumesource is immutable after creation';
    errors.push(fieldForbidden('spec.persistentvolumesource', why));
  }
  checkImmutable(errors, next.spec.volumeMode, old.spec.volumeMode, 'volumeMode');
  checkAffinityChange(errors, next.spec.nodeAffinity, old.spec.nodeAffinity);
  const path = 'spec.volumeAttributesClassName';
  if (old.spec.volumeAttributesClassName && next.spec.volumeAttributesClassName === undefined) {
    errors.push(fieldForbidden(path, 'update from non-nil value to nil is forbidden'));
  }
  return errors;
}

/** Labels of nodes whose beta name has one without. */
const stableLabels: Record<string, string> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
};

function checkAffinityChange(errors: Errors, next: Plain | undefined, old: Plain | undefined) {
  if (old === undefined || semanticEqual(next, old)) return;
  if (next !== undefined && semanticEqual(withStableLabels(next, old), next)) return;
  const text = 'field is immutable, except for updating from beta label to GA';
  errors.push(fieldInvalid('nodeAffinity', next ?? null, text));
}

/** The old affinity with each label renamed where the new one has it renamed. */
function withStableLabels(next: Plain, old: Plain): Plain {
  const result = structuredClone(old);
  for (const [i, term] of (result.required?.nodeSelectorTerms ?? []).entries()) {
    const other = next.required?.nodeSelectorTerms?.[i];
    for (const list of ['matchExpressions', 'matchFields']) {
      for (const [j, rule] of (term[list] ?? []).entries()) {
        const name = stableLabels[rule.key];
        if (name !== undefined && other?.[list]?.[j]?.key === name) rule.key = name;
      }
    }
  }
  return result;
}
