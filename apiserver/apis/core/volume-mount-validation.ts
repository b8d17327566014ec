import {
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkDescendingPath } from './local-path.ts';

/**
 * Where a container has the pod's volumes (core validation, ValidateVolumeMounts,
 * ValidateVolumeDevices). Upstream names some fields without the index of the mount; so do we.
 */

/** `volumes`: the valid ones of the pod, by name. */
export function checkVolumeMounts(
  errors: Errors,
  container: Plain,
  containerPath: string,
  volumes: ReadonlyMap<string, Plain>,
): void {
  const path = `${containerPath}.volumeMounts`;
  const points = new Set<string>();
  const devices: Plain[] = container.volumeDevices ?? [];
  for (const [i, mount] of (container.volumeMounts ?? []).entries()) {
    const at = `${path}[${i}]`;
    const name: string = mount.name ?? '';
    if (name === '') errors.push(fieldRequired(`${at}.name`));
    if (!volumes.has(name)) errors.push(fieldNotFound(`${at}.name`, name));
    const point: string = mount.mountPath ?? '';
    if (point === '') errors.push(fieldRequired(`${at}.mountPath`));
    if (points.has(point)) errors.push(fieldInvalid(`${at}.mountPath`, point, 'must be unique'));
    points.add(point);
    if (devices.some((device) => device.name === name)) {
      errors.push(fieldInvalid(`${at}.name`, name, 'must not already exist in volumeDevices'));
    }
    if (devices.some((device) => device.devicePath === point)) {
      const text = 'must not already exist as a path in volumeDevices';
      errors.push(fieldInvalid(`${at}.mountPath`, point, text));
    }
    checkSubPaths(errors, mount, at, path);
    checkPropagation(errors, mount, container, `${path}.mountPropagation`);
    checkRecursiveReadOnly(errors, mount, `${path}.recursiveReadOnly`);
  }
}

function checkSubPaths(errors: Errors, mount: Plain, at: string, path: string): void {
  const { subPath, subPathExpr } = mount;
  if (subPath) checkDescendingPath(errors, subPath, `${path}.subPath`);
  if (!subPathExpr) return;
  if (subPath) {
    const text = 'subPathExpr and subPath are mutually exclusive';
    errors.push(fieldInvalid(`${at}.subPathExpr`, subPathExpr, text));
  }
  checkDescendingPath(errors, subPathExpr, `${path}.subPathExpr`);
}

function checkPropagation(errors: Errors, mount: Plain, container: Plain, path: string): void {
  const mode = mount.mountPropagation;
  checkOptionalOneOf(errors, mode, path, ['Bidirectional', 'HostToContainer', 'None']);
  if (mode === 'Bidirectional' && container.securityContext?.privileged !== true) {
    const why = 'Bidirectional mount propagation is available only to privileged containers';
    errors.push(fieldForbidden(path, why));
  }
}

function checkRecursiveReadOnly(errors: Errors, mount: Plain, path: string): void {
  const { recursiveReadOnly: mode, mountPropagation: propagation } = mount;
  if (mode === undefined || mode === 'Disabled') return;
  if (mode !== 'Enabled' && mode !== 'IfPossible') {
    errors.push(fieldNotSupported(path, mode, ['Disabled', 'Enabled', 'IfPossible']));
    return;
  }
  if (mount.readOnly !== true) {
    errors.push(fieldForbidden(path, 'may only be specified when readOnly is true'));
  }
  if (propagation !== undefined && propagation !== 'None') {
    const why = 'may only be specified when mountPropagation is None or not specified';
    errors.push(fieldForbidden(path, why));
  }
}

export function checkVolumeDevices(
  errors: Errors,
  container: Plain,
  containerPath: string,
  volumes: ReadonlyMap<string, Plain>,
): void {
  const names = new Set<string>();
  const paths = new Set<string>();
  const mounts: Plain[] = container.volumeMounts ?? [];
  for (const [i, device] of (container.volumeDevices ?? []).entries()) {
    const at = `${containerPath}.volumeDevices[${i}]`;
    const name: string = device.name ?? '';
    const path: string = device.devicePath ?? '';
    const volume = volumes.get(name);
    if (name === '') errors.push(fieldRequired(`${at}.name`));
    if (names.has(name)) errors.push(fieldInvalid(`${at}.name`, name, 'must be unique'));
    if (volume === undefined) errors.push(fieldNotFound(`${at}.name`, name));
    else if (volume.persistentVolumeClaim === undefined && volume.ephemeral === undefined) {
      const text =
        'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode';
      errors.push(fieldInvalid(`${at}.name`, name, text));
    }
    if (path === '') errors.push(fieldRequired(`${at}.devicePath`));
    if (paths.has(path)) errors.push(fieldInvalid(`${at}.devicePath`, path, 'must be unique'));
    if (path.split('/').includes('..')) {
      const text = "can not contain backsteps ('..')";
      errors.push(fieldInvalid(`${at}.devicePath`, path, text));
    } else paths.add(path);
    if (mounts.some((mount) => mount.name === name)) {
      errors.push(fieldInvalid(`${at}.name`, name, 'must not already exist in volumeMounts'));
    }
    if (mounts.some((mount) => mount.mountPath === path)) {
      const text = 'must not already exist as a path in volumeMounts';
      errors.push(fieldInvalid(`${at}.devicePath`, path, text));
    }
    if (name !== '') names.add(name);
  }
}
