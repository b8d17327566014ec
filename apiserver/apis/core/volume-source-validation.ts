import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import {
  checkFormat,
  checkName,
  checkOptionalOneOf,
  checkRange,
  type Errors,
} from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkAzureDisk, checkQuobyte } from './cloud-volume-validation.ts';
import { checkCsiDriver, checkCsiSource } from './csi-volume-validation.ts';
import { checkIscsi } from './iscsi-validation.ts';
import { checkDescendingPath, checkNoBacksteps } from './local-path.ts';
import { checkClaimTemplate } from './persistent-volume-claim-validation.ts';
import {
  checkDownwardFile,
  checkItems,
  checkMode,
  checkProjected,
} from './projected-validation.ts';
import { noAllowances, type PodAllowances } from './pod-allowances.ts';
import { isNegative } from './resources-validation.ts';

/** Where the data of a volume is, in pods and in PersistentVolumes (core validation, validate…VolumeSource). */

/** Fields that must not be empty, where that is the first rule of the source or all there is to it. */
const requiredFields: Record<string, readonly string[]> = {
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  secret: ['secretName'],
  nfs: ['server', 'path'],
  glusterfs: ['endpoints', 'path'],
  persistentVolumeClaim: ['claimName'],
  rbd: ['monitors', 'image'],
  cinder: ['volumeID'],
  cephfs: ['monitors'],
  configMap: ['name'],
  azureFile: ['secretName', 'shareName'],
  azureDisk: ['diskName', 'diskURI'],
  vsphereVolume: ['volumePath'],
  photonPersistentDisk: ['pdID'],
  portworxVolume: ['volumeID'],
  scaleIO: ['gateway', 'system', 'volumeName'],
  flexVolume: ['driver'],
  gitRepo: ['repository'],
};

/** What upstream calls a source when it is one too many. */
export const extraSourceNames: Record<string, string> = {
  cephfs: 'cephFS',
  downwardAPI: 'downwarAPI',
};

function checkRequired(errors: Errors, source: string, value: Plain, path: string): void {
  for (const field of requiredFields[source] ?? []) {
    if ((value[field] ?? '').length === 0) errors.push(fieldRequired(`${path}.${field}`));
  }
}

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
];

/** A source of a pod's volume; `inPod` is false in templates, where an image may still be missing. */
export function checkVolumeSource(
  errors: Errors,
  source: string,
  value: Plain,
  path: string,
  inPod: boolean,
  allow: PodAllowances = noAllowances,
): void {
  switch (source) {
    case 'emptyDir':
      if (value.sizeLimit !== undefined && isNegative(value.sizeLimit)) {
        const why = 'SizeLimit field must be a valid resource quantity';
        errors.push(fieldForbidden(`${path}.sizeLimit`, why));
      }
      return;
    case 'gitRepo':
      checkRequired(errors, source, value, path);
      checkDescendingPath(errors, value.directory ?? '', `${path}.directory`);
      return;
    case 'secret':
    case 'configMap':
      checkRequired(errors, source, value, path);
      checkMode(errors, value.defaultMode, `${path}.defaultMode`);
      checkItems(errors, value.items ?? [], `${path}.items`);
      return;
    case 'downwardAPI':
      checkMode(errors, value.defaultMode, `${path}.defaultMode`);
      for (const file of value.items ?? []) checkDownwardFile(errors, file, path);
      return;
    case 'projected':
      checkProjected(errors, value, path, allow.anyTokenPath);
      return;
    case 'csi':
      checkCsiDriver(errors, value.driver ?? '', `${path}.driver`);
      if (value.nodePublishSecretRef === undefined) return;
      if (value.nodePublishSecretRef.name) {
        const { name } = value.nodePublishSecretRef;
        checkFormat(errors, name, `${path}.name`, dns1123SubdomainErrors);
      } else errors.push(fieldRequired(`${path}.nodePublishSecretRef.name`));
      return;
    case 'ephemeral':
      checkClaimTemplate(errors, value.volumeClaimTemplate, `${path}.volumeClaimTemplate`);
      return;
    case 'image': {
      if (inPod && !value.reference) errors.push(fieldRequired(`${path}.reference`));
      const policies = ['Always', 'IfNotPresent', 'Never'];
      if (!value.pullPolicy) errors.push(fieldRequired(`${path}.pullPolicy`));
      else checkOptionalOneOf(errors, value.pullPolicy, `${path}.pullPolicy`, policies);
      return;
    }
    case 'persistentVolumeClaim':
      checkRequired(errors, source, value, path);
      return;
    case 'iscsi':
      checkIscsi(errors, value, path);
      return;
    default:
      checkSharedSource(errors, source, value, path);
      checkPodSecrets(errors, source, value, path);
  }
}

function checkPodSecrets(errors: Errors, source: string, value: Plain, path: string): void {
  if (source !== 'cinder' && source !== 'storageos') return;
  if (value.secretRef === undefined || value.secretRef.name) return;
  errors.push(fieldRequired(`${path}.secretRef.name`));
}

/** A source of a PersistentVolume, whose secrets can be anywhere and have to say where. */
export function checkPersistentSource(
  errors: Errors,
  source: string,
  value: Plain,
  path: string,
  volumeName: string,
): void {
  switch (source) {
    case 'csi':
      checkCsiSource(errors, value, path);
      return;
    case 'iscsi':
      checkIscsi(errors, value, path, volumeName);
      return;
    case 'local':
      if (!value.path) errors.push(fieldRequired(`${path}.path`));
      else checkNoBacksteps(errors, value.path, `${path}.path`);
      return;
    default:
      checkSharedSource(errors, source, value, path);
  }
  if (source === 'glusterfs' && value.endpointsNamespace !== undefined) {
    const at = `${path}.endpointsNamespace`;
    if (value.endpointsNamespace === '') {
      const text = 'if the endpointnamespace is set, it must be a valid namespace name';
      errors.push(fieldInvalid(at, '', text));
    } else checkFormat(errors, value.endpointsNamespace, at, dns1123LabelErrors);
  }
  if ((source === 'cinder' || source === 'storageos') && value.secretRef !== undefined) {
    for (const field of ['name', 'namespace']) {
      if (!value.secretRef[field]) errors.push(fieldRequired(`${path}.secretRef.${field}`));
    }
  }
  if (source === 'azureFile' && value.secretNamespace === '') {
    errors.push(fieldRequired(`${path}.secretNamespace`));
  }
}

function checkSharedSource(errors: Errors, source: string, value: Plain, path: string): void {
  // Upstream names the disk otherwise below the field than at it.
  const at =
    source === 'gcePersistentDisk' ? path.replace(/gcePersistentDisk$/, 'persistentDisk') : path;
  checkRequired(errors, source, value, at);
  switch (source) {
    case 'hostPath':
      if (!value.path) errors.push(fieldRequired(`${path}.path`));
      else {
        checkNoBacksteps(errors, value.path, `${path}.path`);
        checkOptionalOneOf(errors, value.type, `${path}.type`, hostPathTypes);
      }
      return;
    case 'gcePersistentDisk':
    case 'awsElasticBlockStore': {
      const partition: number = value.partition ?? 0;
      if (partition >= 0 && partition <= 255) return;
      const text = 'must be between 1 and 255, inclusive';
      errors.push(fieldInvalid(`${at}.partition`, partition, text));
      return;
    }
    case 'nfs':
      if ((value.path ?? '').startsWith('/')) return;
      errors.push(fieldInvalid(`${path}.path`, value.path ?? '', 'must be an absolute path'));
      return;
    case 'fc':
      checkFibreChannel(errors, value, path);
      return;
    case 'flexVolume':
      checkFlexOptions(errors, value.options ?? {}, `${path}.options`);
      return;
    case 'flocker':
      checkFlocker(errors, value, path);
      return;
    case 'storageos':
      checkName(errors, value.volumeName, `${path}.volumeName`, dns1123LabelErrors);
      if (!value.volumeNamespace) return;
      checkFormat(errors, value.volumeNamespace, `${path}.volumeNamespace`, dns1123LabelErrors);
      return;
    case 'quobyte':
      checkQuobyte(errors, value, path);
      return;
    case 'azureDisk':
      checkAzureDisk(errors, value, path);
      return;
    default:
  }
}

function checkFibreChannel(errors: Errors, value: Plain, path: string): void {
  const targets: string[] = value.targetWWNs ?? [];
  const ids: string[] = value.wwids ?? [];
  if (targets.length === 0 && ids.length === 0) {
    const text = 'must specify either targetWWNs or wwids, but not both';
    errors.push(fieldRequired(`${path}.targetWWNs`, text));
  }
  if (targets.length > 0 && ids.length > 0) {
    const text = 'targetWWNs and wwids can not be specified simultaneously';
    errors.push(fieldInvalid(`${path}.targetWWNs`, targets, text));
  }
  if (targets.length === 0) return;
  if (value.lun === undefined) {
    errors.push(fieldRequired(`${path}.lun`, 'lun is required if targetWWNs is specified'));
  } else checkRange(errors, value.lun, `${path}.lun`, [0, 255]);
}

function checkFlexOptions(errors: Errors, options: Plain, path: string): void {
  for (const key of Object.keys(options)) {
    const domain = `.${(key.split('/')[0] ?? '').toLowerCase()}`;
    if (!domain.endsWith('.kubernetes.io') && !domain.endsWith('.k8s.io')) continue;
    const text = 'kubernetes.io and k8s.io namespaces are reserved';
    errors.push(fieldInvalid(`${path}[${key}]`, key, text));
  }
}

function checkFlocker(errors: Errors, value: Plain, path: string): void {
  const { datasetName = '', datasetUUID = '' } = value;
  if (datasetName === '' && datasetUUID === '') {
    errors.push(fieldRequired(path, 'one of datasetName and datasetUUID is required'));
  }
  if (datasetName !== '' && datasetUUID !== '') {
    const text = 'datasetName and datasetUUID can not be specified simultaneously';
    errors.push(fieldInvalid(path, 'resource', text));
  }
  if (datasetName.includes('/')) {
    errors.push(fieldInvalid(`${path}.datasetName`, datasetName, "must not contain '/'"));
  }
}
