import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import { checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Sources of volumes with rules of their own about addresses (core validation). */

export function checkAzureDisk(errors: Errors, value: Plain, path: string): void {
  const caching = ['None', 'ReadOnly', 'ReadWrite'];
  checkOptionalOneOf(errors, value.cachingMode, `${path}.cachingMode`, caching);
  checkOptionalOneOf(errors, value.kind, `${path}.kind`, ['Dedicated', 'Managed', 'Shared']);
  const uri: string = value.diskURI ?? '';
  if (value.kind === undefined) return;
  const [start, form] =
    value.kind === 'Managed'
      ? [
          '/subscriptions/',
          '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}',
        ]
      : [
          'https://',
          'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd',
        ];
  if (!uri.startsWith(start)) errors.push(fieldNotSupported(`${path}.diskURI`, uri, [form]));
}

const tenantMax = 64;

export function checkQuobyte(errors: Errors, value: Plain, path: string): void {
  const { registry = '', tenant = '' } = value;
  const form = 'must be a host:port pair or multiple pairs separated by commas';
  if (registry === '') errors.push(fieldRequired(`${path}.registry`, form));
  else if (tenant.length > tenantMax) {
    const text = `must be a UUID and may not exceed a length of ${tenantMax} characters`;
    errors.push(fieldRequired(`${path}.tenant`, text));
  } else {
    for (const pair of registry.split(',')) {
      if (isHostAndPort(pair)) continue;
      errors.push(fieldInvalid(`${path}.registry`, registry, form));
    }
  }
  if (!value.volume) errors.push(fieldRequired(`${path}.volume`));
}

/** As Go's net.SplitHostPort reads it. */
function isHostAndPort(text: string): boolean {
  return /^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(text);
}
