import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import { dns1123LabelErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkNodeSelector } from '../core/node-selector-validation.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import { checkImmutableStruct } from '../internal-form.ts';
import type { Plain } from '../plain.ts';
import { checkDriverName } from '../storage/driver-name.ts';
import { checkDeviceStatuses, deviceName } from './allocated-device.ts';
import { checkSet, checkSlice } from './bounded-list.ts';
import { checkBindingConditions } from './device-binding.ts';
import { checkRequestName, checkRequestNames, requestNames } from './device-claim.ts';
import { checkConfiguration } from './device-config.ts';
import { checkToleration } from './device-requests.ts';
import { checkPoolName } from './pool-name.ts';
import { checkUid } from './uid.ts';

/** Who uses a claim and what it was given (pkg/apis/resource validateResourceClaimStatusUpdate). */

const consumersMax = 256;
const resultsMax = 32;
const configMax = 64;

export function validateClaimStatus(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const { reservedFor = [], allocation } = next.status ?? {};
  checkSet(errors, reservedFor, 'status.reservedFor', {
    max: consumersMax,
    key: (consumer: Plain) => consumer.uid ?? '',
    check(consumer: Plain, at) {
      for (const field of ['resource', 'name', 'uid']) {
        if (!consumer[field]) errors.push(fieldRequired(`${at}.${field}`));
      }
    },
  });
  checkDeviceStatuses(errors, next.status ?? {});
  checkReservations(errors, next, old);
  if (allocation === undefined) return errors;
  const path = 'status.allocation';
  // Once given, it stays, and is not held to rules that came later.
  const given = old.status?.allocation;
  if (given !== undefined) {
    checkImmutableStruct(errors, allocation, given, path, 'AllocationResult');
  } else
    checkAllocation(errors, allocation, path, requestNames(next.spec?.devices?.requests ?? []));
  return errors;
}

function checkReservations(errors: Errors, next: KubeObject, old: KubeObject): void {
  const path = 'status.reservedFor';
  const reservedFor: Plain[] = next.status?.reservedFor ?? [];
  if (reservedFor.length === 0) return;
  if (next.status?.allocation === undefined) {
    errors.push(fieldForbidden(path, 'may not be specified when `allocated` is not set'));
    return;
  }
  if (next.metadata.deletionTimestamp === undefined) return;
  const before: Plain[] = old.status?.reservedFor ?? [];
  if (reservedFor.every((one) => before.some((had) => semanticEqual(had, one)))) return;
  const why =
    'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set';
  errors.push(fieldForbidden(path, why));
}

function checkAllocation(
  errors: Errors,
  allocation: Plain,
  path: string,
  known: ReadonlySet<string>,
): void {
  const { results = [], config = [] } = allocation.devices ?? {};
  checkSlice(errors, results, `${path}.devices.results`, {
    max: resultsMax,
    check: (result: Plain, at) => checkResult(errors, result, at, known),
  });
  checkSlice(errors, config, `${path}.devices.config`, {
    max: configMax,
    check(one: Plain, at) {
      const { source = '' } = one;
      const sources = ['FromClaim', 'FromClass'];
      if (source === '') errors.push(fieldRequired(`${at}.source`));
      else if (!sources.includes(source)) {
        errors.push(fieldNotSupported(`${at}.source`, source, sources));
      }
      checkRequestNames(errors, one.requests ?? [], `${at}.requests`, known);
      checkConfiguration(errors, one, at);
    },
  });
  if (allocation.nodeSelector !== undefined) {
    checkNodeSelector(errors, allocation.nodeSelector, `${path}.nodeSelector`);
  }
}

function checkResult(
  errors: Errors,
  result: Plain,
  path: string,
  known: ReadonlySet<string>,
): void {
  checkRequestName(errors, result.request ?? '', `${path}.request`, known);
  checkDriverName(errors, result.driver, `${path}.driver`);
  checkPoolName(errors, result.pool, `${path}.pool`);
  checkFormat(errors, result.device ?? '', `${path}.device`, dns1123LabelErrors);
  checkBindingConditions(errors, result, path);
  for (const [i, toleration] of (result.tolerations ?? []).entries()) {
    checkToleration(errors, toleration, `${path}.tolerations[${i}]`);
  }
  if (result.shareID !== undefined) checkUid(errors, result.shareID, `${path}.shareID`);
}

/** What a device that is given back said of itself goes with it (strategy dropDeallocatedStatusDevices). */
export function dropReturnedDevices(next: KubeObject, old: KubeObject): void {
  const devices: Plain[] | undefined = next.status?.devices;
  if (devices === undefined) return;
  const [now, before] = [next, old].map(
    ({ status }) => new Set<string>((status?.allocation?.devices?.results ?? []).map(deviceName)),
  );
  const kept = devices.filter((one) => {
    const name = deviceName(one);
    return now?.has(name) === true || before?.has(name) !== true;
  });
  if (kept.length === 0) delete next.status.devices;
  else next.status.devices = kept;
}
