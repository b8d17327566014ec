import { posix } from 'node:path';
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
import { internalDiff, internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { checkAccessModes, checkPositiveQuantity } from './access-modes.ts';
import { checkBasicAmounts } from './persistent-volume-claim-validation.ts';
import { checkNodeSelector, hasWrongValues } from './node-selector-validation.ts';
import { checkPersistentSource, extraSourceNames } from './volume-source-validation.ts';

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

export function validateVolume({ metadata, spec }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const of = { name: metadata.name ?? '', inline: false, old: old?.spec };
  checkVolumeSpec(errors, spec, 'spec', of);
  return errors;
}

/** Of a volume of its own, or of one inside an attachment: that has a CSI source and nothing else. */
export function checkVolumeSpec(
  errors: Errors,
  spec: Plain,
  path: string,
  { name, inline, old }: { name: string; inline: boolean; old?: Plain | undefined },
): void {
  const mayNot = (field: string, present: boolean): void => {
    if (!present) return;
    const why = 'may not be specified in the context of inline volumes';
    errors.push(fieldForbidden(`${path}.${field}`, why));
  };
  if (inline) {
    mayNot('claimRef', spec.claimRef !== undefined);
    mayNot('capacity', Object.keys(spec.capacity ?? {}).length > 0);
    if (spec.csi === undefined) {
      const text = 'has to be specified in the context of inline volumes';
      errors.push(fieldRequired(`${path}.csi`, text));
    }
  }
  const modes: string[] = spec.accessModes ?? [];
  if (modes.length === 0) errors.push(fieldRequired(`${path}.accessModes`));
  checkAccessModes(errors, modes, `${path}.accessModes`);
  const policy = spec.persistentVolumeReclaimPolicy;
  const policyPath = `${path}.persistentVolumeReclaimPolicy`;
  if (inline) {
    if (policy && policy !== 'Retain') {
      const why = 'may only be Retain in the context of inline volumes';
      errors.push(fieldForbidden(policyPath, why));
    }
    mayNot('nodeAffinity', spec.nodeAffinity !== undefined);
  } else {
    checkCapacity(errors, spec.capacity ?? {}, `${path}.capacity`);
    checkOptionalOneOf(errors, policy, policyPath, ['Delete', 'Recycle', 'Retain']);
    checkAffinity(errors, spec.nodeAffinity, `${path}.nodeAffinity.required`, old?.nodeAffinity);
  }
  checkSources(errors, spec, path, name);
  const isRoot = posix.normalize(spec.hostPath?.path || '.') === '/';
  if (isRoot && policy === 'Recycle') {
    errors.push(fieldForbidden(policyPath, "may not be 'recycle' for a hostPath mount of '/'"));
  }
  if (inline) {
    mayNot('storageClassName', Boolean(spec.storageClassName));
    if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
      const why =
        'may not specify volumeMode other than Filesystem in the context of inline volumes';
      errors.push(fieldForbidden(`${path}.volumeMode`, why));
    }
  } else {
    if (spec.storageClassName) {
      const at = `${path}.storageClassName`;
      checkFormat(errors, spec.storageClassName, at, dns1123SubdomainErrors);
    }
    checkOptionalOneOf(errors, spec.volumeMode, `${path}.volumeMode`, ['Block', 'Filesystem']);
  }
  checkAttributesClass(errors, spec, path);
}

function checkCapacity(errors: Errors, capacity: Record<string, string>, path: string): void {
  const names = Object.keys(capacity);
  if (names.length === 0) errors.push(fieldRequired(path));
  if (capacity.storage === undefined || names.length > 1) {
    errors.push(fieldNotSupported(path, capacity, ['storage']));
  }
  for (const [name, amount] of Object.entries(capacity)) {
    checkBasicAmounts(errors, { [name]: amount }, path);
    checkPositiveQuantity(errors, amount, `${path}[${name}]`);
  }
}

/** Which nodes reach the volume; values that no label can have may be stored. */
function checkAffinity(
  errors: Errors,
  affinity: Plain | undefined,
  path: string,
  old: Plain | undefined,
): void {
  if (affinity === undefined) return;
  if (affinity.required !== undefined) {
    checkNodeSelector(errors, affinity.required, path, hasWrongValues(old?.required));
  } else errors.push(fieldRequired(path, 'must specify required node constraints'));
}

function checkSources(errors: Errors, spec: Plain, path: string, name: string): void {
  const set = sourcesOf(spec);
  for (const [i, [source, value]] of set.entries()) {
    const at = `${path}.${source}`;
    if (i > 0 && source !== 'flexVolume') {
      const shown = extraSourceNames[source] ?? source;
      const why = 'may not specify more than 1 volume type';
      errors.push(fieldForbidden(`${path}.${shown}`, why));
      continue;
    }
    checkPersistentSource(errors, source, value, at, name);
    if (source === 'local' && spec.nodeAffinity === undefined) {
      errors.push(fieldRequired(`${path}.nodeAffinity`, 'Local volume requires node affinity'));
    }
  }
  if (set.length === 0) errors.push(fieldRequired(path, 'must specify a volume type'));
}

function checkAttributesClass(errors: Errors, spec: Plain, path: string): void {
  const name: string | undefined = spec.volumeAttributesClassName;
  if (name === undefined) return;
  const at = `${path}.volumeAttributesClassName`;
  if (name === '') errors.push(fieldRequired(at, 'an empty string is disallowed'));
  else checkFormat(errors, name, at, dns1123SubdomainErrors);
  if (spec.csi === undefined) {
    const text = 'has to be specified when using volumeAttributesClassName';
    errors.push(fieldRequired(`${path}.csi`, text));
  }
}

export function validateVolumeUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  // The secret that a growth needs may be given once, where the driver was installed without.
  const before = Object.fromEntries(sourcesOf(old.spec));
  const now = Object.fromEntries(sourcesOf(next.spec));
  if (before.csi !== undefined && before.csi.controllerExpandSecretRef === undefined && now.csi) {
    const { controllerExpandSecretRef: _given, ...csi } = now.csi;
    now.csi = csi;
  }
  if (!semanticEqual(now, before)) {
    const why = 'spec.persistentvolumesource is immutable after creation';
    const changes = internalDiff('PersistentVolumeSource', before, now);
    errors.push(fieldForbidden('spec.persistentvolumesource', `${why}\n${changes}`));
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
  const shown = next === undefined ? null : internalForm('VolumeNodeAffinity', next);
  errors.push(fieldInvalid('nodeAffinity', shown, text));
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
