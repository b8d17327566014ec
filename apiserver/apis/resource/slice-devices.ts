import { semanticEqual } from '../../../object/equal.ts';
import {
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
import { checkNodeSelector } from '../core/node-selector-validation.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { checkMap, checkSet, checkSlice } from './bounded-list.ts';
import { checkBindingConditions } from './device-binding.ts';
import { checkCapacity } from './device-capacity.ts';
import { checkQualifiedName } from './device-claim.ts';
import { checkConsumption } from './device-counters.ts';
import { taintEffects } from './device-requests.ts';

/** The devices that a slice offers (pkg/apis/resource validation validateDevice). */

const devicesMax = 128;
const devicesWithTaintsMax = 64;
const namesMax = 32;
const taintsMax = 16;
const valueBytesMax = 64;
/** `domain/identifier`. */
const qualifiedNameBytesMax = 63 + 1 + 32;

export function checkSliceDevices(errors: Errors, spec: Plain, old: Plain | undefined): void {
  const devices: Plain[] = spec.devices ?? [];
  const heavier = devices.some(
    ({ taints = [], consumesCounters = [] }) => taints.length + consumesCounters.length > 0,
  );
  const before = new Map<string, Plain>(
    (old?.devices ?? []).map((device: Plain) => [device.name, device]),
  );
  checkSet(errors, devices, 'spec.devices', {
    max: heavier ? devicesWithTaintsMax : devicesMax,
    key: (device) => device.name ?? '',
    check(device, at) {
      checkDevice(errors, device, at, before.get(device.name));
      checkPlace(errors, device, at, spec.perDeviceNodeSelection === true);
      checkBindingConditions(errors, device, at);
    },
  });
}

function checkDevice(errors: Errors, device: Plain, path: string, before: Plain | undefined): void {
  checkFormat(errors, device.name ?? '', `${path}.name`, dns1123LabelErrors);
  const attributes: Record<string, Plain> = device.attributes ?? {};
  const capacity: Record<string, Plain> = device.capacity ?? {};
  const total = Object.keys(attributes).length + Object.keys(capacity).length;
  if (total > namesMax) {
    const text = `the total number of attributes and capacities must not exceed ${namesMax}`;
    errors.push(fieldInvalid(path, total, text));
  }
  const names = {
    longestShown: qualifiedNameBytesMax,
    key: (name: string, at: string) => checkQualifiedName(errors, name, at),
  };
  checkMap(errors, attributes, `${path}.attributes`, {
    ...names,
    check: (attribute, at) => checkAttribute(errors, attribute, at),
  });
  const shared = device.allowMultipleAllocations === true;
  checkMap(errors, capacity, `${path}.capacity`, {
    ...names,
    check: (amount, at) => checkCapacity(errors, amount, at, shared),
  });
  if (before === undefined || !semanticEqual(before.taints, device.taints)) {
    checkSlice(errors, device.taints ?? [], `${path}.taints`, {
      max: taintsMax,
      check: (taint: Plain, at) => checkTaint(errors, taint, at),
    });
  }
  checkConsumption(errors, device.consumesCounters ?? [], `${path}.consumesCounters`);
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
  const shown = given.length === 0 ? '' : internalForm('DeviceAttribute', attribute);
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
