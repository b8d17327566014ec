import { semanticEqual } from '../../../object/equal.ts';
import { fieldRequired } from '../../../object/field-error.ts';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
} from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, checkName, checkOneOf, checkPort, type Errors } from '../field-check.ts';
import { ipErrors } from '../ip-format.ts';
import { ipWarnings } from '../ip-warnings.ts';
import { type Plain, setTextDefaults } from '../plain.ts';
import { checkOrdinaryAddress } from '../special-address.ts';
import type { KindDefinition } from '../resource.ts';

export const endpoints: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Endpoints',
  resource: 'endpoints',
  namespaced: true,
  shortNames: ['ep'],
  storagePath: 'services/endpoints',
  generation: false,
  createOnUpdate: true,
  columns: [nameColumn, textColumn('Endpoints', addressesText), ageColumn],
  default(endpoints) {
    for (const subset of endpoints.subsets ?? []) {
      for (const port of subset.ports ?? []) setTextDefaults(port, { protocol: 'TCP' });
    }
  },
  updateChecks: ['changed metadata', 'new metadata', 'changes'],
  validateCreate: validate,
  /** Upstream took more once: what is not changed stays. */
  validateUpdate(next, old) {
    const errors = validate(next);
    return errors.length > 0 && semanticEqual(next.subsets, old.subsets) ? [] : errors;
  },
  warnings: (endpoints) => [
    'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
    ...addressWarnings(endpoints),
  ],
};

/** Not of what the controller wrote: its addresses are as they should be. */
function addressWarnings({ metadata, subsets = [] }: KubeObject): string[] {
  if (metadata.labels?.['endpoints.kubernetes.io/managed-by'] === 'endpoint-controller') return [];
  const warnings: string[] = [];
  for (const [i, subset] of (subsets as Plain[]).entries()) {
    for (const list of ['addresses', 'notReadyAddresses']) {
      for (const [j, { ip = '' }] of (subset[list] ?? []).entries()) {
        warnings.push(...ipWarnings(ip, `subsets[${i}].${list}[${j}].ip`));
      }
    }
  }
  return warnings;
}

/** At most three, then how many more. */
function addressesText({ subsets = [] }: KubeObject): string {
  const list: string[] = [];
  for (const { addresses = [], ports } of subsets as Plain[]) {
    for (const { ip } of addresses) {
      if (ports === undefined || ports.length === 0) list.push(ip);
      for (const { port } of ports ?? [])
        list.push(ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`);
    }
  }
  if (list.length === 0) return '<none>';
  const text = list.slice(0, 3).join(',');
  return list.length > 3 ? `${text} + ${list.length - 3} more...` : text;
}

function validate({ subsets = [] }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const [i, subset] of (subsets as Plain[]).entries()) {
    const path = `subsets[${i}]`;
    const lists = ['addresses', 'notReadyAddresses'];
    if (lists.every((list) => (subset[list] ?? []).length === 0)) {
      errors.push(fieldRequired(path, 'must specify `addresses` or `notReadyAddresses`'));
    }
    for (const list of lists) {
      for (const [j, address] of (subset[list] ?? []).entries()) {
        checkAddress(errors, address, `${path}.${list}[${j}]`);
      }
    }
    for (const [j, port] of (subset.ports ?? []).entries()) {
      const at = `${path}.ports[${j}]`;
      if (subset.ports.length > 1 && !port.name) errors.push(fieldRequired(`${at}.name`));
      else if (port.name) checkFormat(errors, port.name, `${at}.name`, dns1123LabelErrors);
      checkPort(errors, port.port ?? 0, `${at}.port`);
      checkOneOf(errors, port.protocol, `${at}.protocol`, ['SCTP', 'TCP', 'UDP']);
      if (port.appProtocol !== undefined)
        checkFormat(errors, port.appProtocol, `${at}.appProtocol`, labelKeyErrors);
    }
  }
  return errors;
}

function checkAddress(errors: Errors, address: Plain, path: string): void {
  checkFormat(errors, address.ip ?? '', `${path}.ip`, ipErrors);
  if (address.hostname) checkName(errors, address.hostname, `${path}.hostname`, dns1123LabelErrors);
  if (address.nodeName !== undefined)
    checkFormat(errors, address.nodeName, `${path}.nodeName`, dns1123SubdomainErrors);
  checkOrdinaryAddress(errors, address.ip ?? '', `${path}.ip`);
}
