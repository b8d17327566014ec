import {
  fieldDuplicate,
  fieldInvalid,
  fieldTooLong,
  fieldTooMany,
} from '../../../object/field-error.ts';
import { byteLength, dns1123LabelErrors } from '../../../object/name.ts';
import { checkConditionList } from '../condition-validation.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import { interfaceAddressErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { checkDriverName } from '../storage/driver-name.ts';
import { checkSet, twice } from './bounded-list.ts';
import { checkRaw } from './device-config.ts';
import { checkPoolName } from './pool-name.ts';
import { checkUid } from './uid.ts';

/** What drivers say of the devices a claim was given (pkg/apis/resource validateDeviceStatus). */

const conditionsMax = 8;
const dataBytesMax = 10 * 1024;
const interfaceNameBytesMax = 256;
const hardwareAddressBytesMax = 128;
const addressesMax = 16;

/** `driver/pool/device`, with the share where there is one. */
export function deviceName({ driver = '', pool = '', device = '', shareID }: Plain): string {
  const name = `${driver}/${pool}/${device}`;
  return shareID ? `${name}/${shareID}` : name;
}

export function checkDeviceStatuses(errors: Errors, { devices = [], allocation }: Plain): void {
  const path = 'status.devices';
  const given = new Set<string>((allocation?.devices?.results ?? []).map(deviceName));
  for (const [i, device] of (devices as Plain[]).entries()) {
    checkDeviceStatus(errors, device, `${path}[${i}]`, given);
  }
  for (const [i] of twice((devices as Plain[]).map(deviceName))) {
    errors.push(fieldDuplicate(`${path}[${i}]`, shownId(devices[i])));
  }
}

function checkDeviceStatus(
  errors: Errors,
  device: Plain,
  path: string,
  given: ReadonlySet<string>,
): void {
  checkDriverName(errors, device.driver, `${path}.driver`);
  checkPoolName(errors, device.pool, `${path}.pool`);
  checkFormat(errors, device.device ?? '', `${path}.device`, dns1123LabelErrors);
  if (device.shareID !== undefined) checkUid(errors, device.shareID, `${path}.shareID`);
  const name = deviceName(device);
  if (!given.has(name)) {
    errors.push(fieldInvalid(path, shownId(device), 'must be an allocated device in the claim'));
  }
  const conditions: Plain[] = device.conditions ?? [];
  if (conditions.length > conditionsMax) {
    errors.push(fieldTooMany(`${path}.conditions`, conditions.length, conditionsMax));
  }
  checkConditionList(errors, conditions, `${path}.conditions`);
  if (device.data !== undefined) checkRaw(errors, device.data, `${path}.data`, dataBytesMax);
  if (device.networkData !== undefined) {
    checkNetworkData(errors, device.networkData, `${path}.networkData`);
  }
}

/** Upstream's type of what names a device: a refusal shows it as JSON. */
function shownId({ driver = '', pool = '', device = '', shareID = '' }: Plain): object {
  return { Driver: driver, Pool: pool, Device: device, ShareID: shareID };
}

function checkNetworkData(errors: Errors, data: Plain, path: string): void {
  for (const [field, max] of [
    ['interfaceName', interfaceNameBytesMax],
    ['hardwareAddress', hardwareAddressBytesMax],
  ] as const) {
    if (byteLength(data[field] ?? '') > max) errors.push(fieldTooLong(`${path}.${field}`, max));
  }
  checkSet(errors, data.ips ?? [], `${path}.ips`, {
    max: addressesMax,
    key: (ip: string) => ip,
    check(ip: string, at) {
      for (const why of interfaceAddressErrors(ip)) errors.push(fieldInvalid(at, ip, why));
    },
  });
}
