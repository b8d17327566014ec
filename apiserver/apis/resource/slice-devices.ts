import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from '../../../object/field-error.ts';
import {
  byteLength,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
  labelValueErrors,
} from '../../../object/name.ts';
import { checkNodeSelector } from '../core/scheduling-validation.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkSet, checkSlice } from './bounded-list.ts';
import { checkQualifiedName } from './device-claim.ts';
import { taintEffects } from './device-requests.ts';

/** The devices that a slice offers (pkg/apis/resource validation validateDevice). */

const devicesMax = 128;
const devicesWithTaintsMax = 64;
const namesMax = 32;
const taintsMax = 16;
const valueBytesMax = 64;

export function checkSliceDevices(errors: Errors, spec: Plain): void {
  const devices: Plain[] = spec.devices ?? [];
  const heavier = devices.some(
    ({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0,
  );
  checkSet(errors, devices, 'spec.devices', {
    max: heavier ? devicesWithTaintsMax : devicesMax,
    key: (device) => device.name ?? '',
    check: (device, at) => checkDevice(errors, device, at, spec.perDeviceNodeSelection === true),
  });
}

function checkDevice(errors: Errors, device: Plain, path: string, perDevice: boolean): void {
  checkFormat(errors, device.name ?? '', `${path}.name`, dns1123LabelErrors);
  const attributes = Object.entries<Plain>(device.attributes ?? {});
  const capacities = Object.entries<Plain>(device.capacity ?? {});
  const total = attributes.length + capacities.length;
  if (total > namesMax) {
    const text = `the total number of attributes and capacities must not exceed ${namesMax}`;
    errors.push(fieldInvalid(path, total, text));
  }
  for (const [name, attribute] of attributes) {
    checkQualifiedName(errors, name, `${path}.attributes[${name}]`);
    checkAttribute(errors, attribute, `${path}.attributes[${name}]`);
  }
  for (const [name, { requestPolicy }] of capacities) {
    checkQualifiedName(errors, name, `${path}.capacity[${name}]`);
    if (requestPolicy === undefined || device.allowMultipleAllocations === true) continue;
    const at = `${path}.capacity[${name}].requestPolicy`;
    errors.push(fieldForbidden(at, 'allowMultipleAllocations must be true'));
  }
  checkSlice(errors, device.taints ?? [], `${path}.taints`, {
    max: taintsMax,
    check: (taint: Plain, at) => checkTaint(errors, taint, at),
  });
  checkPlace(errors, device, path, perDevice);
}

const version =
  /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/;

function checkAttribute(errors: Errors, attribute: Plain, path: string): void {
  const { string: text, version: release } = attribute;
  const given = ['bool', 'int', 'string', 'version'].filter((f) => attribute[f] !== undefined);
  if (text !== undefined && byteLength(text) > valueBytesMax) {
    errors.push(fieldTooLong(`${path}.string`, valueBytesMax));
  }
  if (release !== undefined) {
    if (!version.test(release)) {
      const why = 'must be a string compatible with semver.org spec 2.0.0';
      errors.push(fieldInvalid(`${path}.version`, release, why));
    }
    if (byteLength(release) > valueBytesMax) {
      errors.push(fieldTooLong(`${path}.version`, valueBytesMax));
    }
  }
  if (given.length === 1) return;
  const shown = given.length === 0 ? '' : attribute;
  errors.push(fieldInvalid(path, shown, 'exactly one value must be specified'));
}

function checkTaint(errors: Errors, taint: Plain, path: string): void {
  const { key = '', value = '', effect = '' } = taint;
  checkFormat(errors, key, `${path}.key`, labelKeyErrors);
  if (value !== '') checkFormat(errors, value, `${path}.value`, labelValueErrors);
  if (effect === '') errors.push(fieldRequired(`${path}.effect`));
  else if (!taintEffects.includes(effect)) {
    errors.push(fieldNotSupported(`${path}.effect`, effect, taintEffects));
  }
}

function checkPlace(errors: Errors, device: Plain, path: string, perDevice: boolean): void {
  const { nodeName, nodeSelector, allNodes } = device;
  const given = ['nodeName', 'nodeSelector', 'allNodes'].filter((f) => device[f] !== undefined);
  if (!perDevice) {
    if (given.length === 0) return;
    const text =
      '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
    errors.push(fieldInvalid(path, null, text));
    return;
  }
  if (nodeName === '') errors.push(fieldInvalid(`${path}.nodeName`, '', 'must not be empty'));
  else if (nodeName !== undefined) {
    checkFormat(errors, nodeName, `${path}.nodeName`, dns1123SubdomainErrors);
  }
  if (nodeSelector !== undefined) checkNodeSelector(errors, nodeSelector, `${path}.nodeSelector`);
  if (allNodes === false) {
    errors.push(fieldInvalid(`${path}.allNodes`, false, 'must be either unset or set to true'));
  }
  const said = given.filter((f) => device[f] !== '' && device[f] !== false);
  if (said.length === 1) return;
  const text =
    'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec';
  if (said.length === 0) errors.push(fieldRequired(path, text));
  else errors.push(fieldInvalid(path, `{${said.map((f) => `\`${f}\``).join(', ')}}`, text));
}
