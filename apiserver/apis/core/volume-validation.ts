import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors } from '../../../object/name.ts';
import { checkFormat, checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { isNegative } from './resources-validation.ts';

/** A pod's volumes and where its containers mount them (core validation, ValidateVolumes and its like). */

/** Gives the volumes by name, for the mounts. */
export function checkVolumes(
  errors: Errors,
  volumes: Plain[] | undefined,
  path: string,
): Map<string, Plain> {
  const byName = new Map<string, Plain>();
  for (const [i, volume] of (volumes ?? []).entries()) {
    const at = `${path}[${i}]`;
    const before = errors.length;
    checkVolumeSource(errors, volume, at);
    const name: string = volume.name ?? '';
    if (name === '') errors.push(fieldRequired(`${at}.name`));
    else checkFormat(errors, name, `${at}.name`, dns1123LabelErrors);
    if (byName.has(name)) errors.push(fieldDuplicate(`${at}.name`, name));
    if (errors.length === before) byName.set(name, volume);
  }
  return byName;
}

/** Fields that must not be empty, by kind of volume. */
const requiredFields: Record<string, readonly string[]> = {
  secret: ['secretName'],
  configMap: ['name'],
  persistentVolumeClaim: ['claimName'],
  hostPath: ['path'],
  nfs: ['server', 'path'],
  csi: ['driver'],
  iscsi: ['targetPortal', 'iqn'],
  glusterfs: ['endpoints', 'path'],
  cephfs: ['monitors'],
  cinder: ['volumeID'],
  flexVolume: ['driver'],
  gcePersistentDisk: ['pdName'],
  awsElasticBlockStore: ['volumeID'],
  azureFile: ['secretName', 'shareName'],
  azureDisk: ['diskName', 'diskURI'],
  vsphereVolume: ['volumePath'],
  rbd: ['monitors', 'image'],
};

const hostPathTypes = [
  '',
  'DirectoryOrCreate',
  'Directory',
  'FileOrCreate',
  'File',
  'Socket',
  'CharDevice',
  'BlockDevice',
];

function checkVolumeSource(errors: Errors, volume: Plain, path: string): void {
  const sources = Object.keys(volume).filter((field) => field !== 'name' && volume[field] != null);
  if (sources.length === 0) errors.push(fieldRequired(path, 'must specify a volume type'));
  for (const [i, source] of sources.entries()) {
    const at = `${path}.${source}`;
    if (i > 0) {
      errors.push(fieldForbidden(at, 'may not specify more than 1 volume type'));
      continue;
    }
    checkSource(errors, source, volume[source], at);
  }
}

/** One source, of a pod's volume or of a PersistentVolume. */
export function checkSource(errors: Errors, source: string, value: Plain, path: string): void {
  for (const field of requiredFields[source] ?? []) {
    const empty = value[field] === undefined || value[field].length === 0;
    if (empty) errors.push(fieldRequired(`${path}.${field}`));
  }
  switch (source) {
    case 'hostPath':
      if (value.path) checkNoBacksteps(errors, value.path, `${path}.path`);
      checkOptionalOneOf(errors, value.type, `${path}.type`, hostPathTypes);
      return;
    case 'emptyDir':
      if (value.sizeLimit !== undefined && isNegative(value.sizeLimit)) {
        const text = 'SizeLimit field must be a valid resource quantity';
        errors.push(fieldForbidden(`${path}.sizeLimit`, text));
      }
      return;
    case 'nfs':
      if (value.path && !value.path.startsWith('/')) {
        errors.push(fieldInvalid(`${path}.path`, value.path, 'must be an absolute path'));
      }
      return;
    case 'secret':
    case 'configMap':
      checkMode(errors, value.defaultMode, `${path}.defaultMode`);
      checkItems(errors, value.items ?? [], `${path}.items`);
      return;
    case 'downwardAPI':
    case 'projected':
      checkMode(errors, value.defaultMode, `${path}.defaultMode`);
      return;
    case 'ephemeral':
      if (value.volumeClaimTemplate === undefined) {
        errors.push(fieldRequired(`${path}.volumeClaimTemplate`));
      }
      return;
    default:
  }
}

function checkMode(errors: Errors, mode: number | undefined, path: string): void {
  if (mode === undefined || (mode >= 0 && mode <= 0o777)) return;
  const text = 'must be a number between 0 and 0777 (octal), both inclusive';
  errors.push(fieldInvalid(path, mode, text));
}

function checkItems(errors: Errors, items: Plain[], path: string): void {
  for (const [i, item] of items.entries()) {
    const at = `${path}[${i}]`;
    if (!item.key) errors.push(fieldRequired(`${at}.key`));
    if (!item.path) errors.push(fieldRequired(`${at}.path`));
    else checkLocalPath(errors, item.path, `${at}.path`);
    if (item.mode !== undefined) checkMode(errors, item.mode, `${at}.mode`);
  }
}

/** A path inside the volume: relative and never upwards. */
function checkLocalPath(errors: Errors, path: string, at: string): void {
  if (path.startsWith('/')) errors.push(fieldInvalid(at, path, 'must be a relative path'));
  checkNoBacksteps(errors, path, at);
}

function checkNoBacksteps(errors: Errors, path: string, at: string): void {
  if (path.split('/').includes('..')) errors.push(fieldInvalid(at, path, "must not contain '..'"));
}

export function checkVolumeMounts(
  errors: Errors,
  container: Plain,
  containerPath: string,
  volumes: ReadonlyMap<string, Plain>,
): void {
  const points = new Set<string>();
  const devicePaths = new Set((container.volumeDevices ?? []).map((d: Plain) => d.devicePath));
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${containerPath}.volumeMounts[${i}]`;
    const name: string = mount.name ?? '';
    if (name === '') errors.push(fieldRequired(`${at}.name`));
    else if (!volumes.has(name)) errors.push(fieldNotFound(`${at}.name`, name));
    const point: string = mount.mountPath ?? '';
    if (point === '') errors.push(fieldRequired(`${at}.mountPath`));
    if (points.has(point)) errors.push(fieldInvalid(`${at}.mountPath`, point, 'must be unique'));
    points.add(point);
    if (devicePaths.has(point)) {
      const text = 'must not already exist as a path in volumeDevices';
      errors.push(fieldInvalid(`${at}.mountPath`, point, text));
    }
    if (mount.subPath) checkLocalPath(errors, mount.subPath, `${at}.subPath`);
    if (mount.subPathExpr) {
      if (mount.subPath) {
        const text = 'subPathExpr and subPath are mutually exclusive';
        errors.push(fieldInvalid(`${at}.subPathExpr`, mount.subPathExpr, text));
      }
      checkLocalPath(errors, mount.subPathExpr, `${at}.subPathExpr`);
    }
    checkPropagation(errors, mount, container, at);
  }
}

function checkPropagation(errors: Errors, mount: Plain, container: Plain, path: string): void {
  const mode = mount.mountPropagation;
  const supported = ['Bidirectional', 'HostToContainer', 'None'];
  checkOptionalOneOf(errors, mode, `${path}.mountPropagation`, supported);
  if (mode === 'Bidirectional' && container.securityContext?.privileged !== true) {
    const why = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(fieldForbidden(`${path}.mountPropagation`, why));
  }
}

export function checkVolumeDevices(
  errors: Errors,
  container: Plain,
  containerPath: string,
  volumes: ReadonlyMap<string, Plain>,
): void {
  const paths = new Set<string>();
  for (const [i, device] of (container.volumeDevices ?? []).entries()) {
    const at = `${containerPath}.volumeDevices[${i}]`;
    const volume = volumes.get(device.name);
    if (!device.name) errors.push(fieldRequired(`${at}.name`));
    else if (volume === undefined) errors.push(fieldNotFound(`${at}.name`, device.name));
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const text =
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(fieldInvalid(`${at}.name`, device.name, text));
    }
    const path: string = device.devicePath ?? '';
    if (path === '') errors.push(fieldRequired(`${at}.devicePath`));
    else if (paths.has(path)) errors.push(fieldInvalid(`${at}.devicePath`, path, 'must be unique'));
    else checkNoBacksteps(errors, path, `${at}.devicePath`);
    paths.add(path);
  }
}
