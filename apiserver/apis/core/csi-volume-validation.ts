import { fieldInvalid, fieldRequired, fieldTooLong } from '../../../object/field-error.ts';
import { byteLength, dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkName, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** CSI volumes (core validation, validateCSIPersistentVolumeSource and its like). */

const driverBytes = 63;

export function checkCsiDriver(errors: Errors, driver: string, path: string): void {
  if (driver === '') {
    errors.push(fieldRequired(path));
    return;
  }
  if (byteLength(driver) > driverBytes) errors.push(fieldTooLong(path, driverBytes));
  for (const message of dns1123SubdomainErrors(driver.toLowerCase())) {
    errors.push(fieldInvalid(path, driver, message));
  }
}

export function checkCsiSource(errors: Errors, value: Plain, path: string): void {
  checkCsiDriver(errors, value.driver ?? '', `${path}.driver`);
  if (!value.volumeHandle) errors.push(fieldRequired(`${path}.volumeHandle`));
  for (const field of [
    'controllerPublishSecretRef',
    'controllerExpandSecretRef',
    'nodePublishSecretRef',
    'nodeExpandSecretRef',
  ]) {
    const ref = value[field];
    if (ref === undefined) continue;
    checkName(errors, ref.name, `${path}.${field}.name`, dns1123SubdomainErrors);
    checkName(errors, ref.namespace, `${path}.${field}.namespace`, dns1123LabelErrors);
  }
}
