import { semanticEqual } from '../../../object/equal.ts';
import {
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooMany,
  fieldDuplicate,
} from '../../../object/field-error.ts';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
} from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, checkImmutable, checkOneOf, checkPort, type Errors } from '../field-check.ts';
import { familyOf } from '../ip-format.ts';
import { type Plain, setDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const endpointSlice: KindDefinition = {
  group: 'discovery.k8s.io',
  version: 'v1',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  namespaced: true,
  storagePath: 'endpointslices',
  // There is no spec: what counts as changed is said below.
  generation: true,
  columns: [
    nameColumn,
    textColumn('AddressType', (slice) => slice.addressType ?? ''),
    textColumn('Ports', ({ ports = [] }) =>
      listText(ports.map((p: Plain) => String(p.port ?? (p.name || '*')))),
    ),
    textColumn('Endpoints', ({ endpoints = [] }) =>
      listText(endpoints.flatMap((e: Plain) => e.addresses ?? [])),
    ),
    ageColumn,
  ],
  default(slice) {
    for (const port of slice.ports ?? []) setDefaults(port, { name: '', protocol: 'TCP' });
    slice.endpoints ??= [];
  },
  prepareForUpdate(next, old) {
    const parts = (slice: KubeObject) => [slice.addressType, slice.endpoints, slice.ports];
    if (semanticEqual(parts(next), parts(old))) return;
    next.metadata.generation = (old.metadata.generation ?? 0) + 1;
  },
  validate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.addressType, old.addressType, 'addressType');
    return errors;
  },
};

function listText(list: string[]): string {
  if (list.length === 0) return '<unset>';
  const text = list.slice(0, 3).join(',');
  return list.length > 3 ? `${text} + ${list.length - 3} more...` : text;
}

const endpointsMax = 1000;
const addressesMax = 100;
const portsMax = 20_000;

function validate(slice: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const types = ['FQDN', 'IPv4', 'IPv6'];
  if (!slice.addressType) errors.push(fieldRequired('addressType'));
  else if (!types.includes(slice.addressType)) {
    errors.push(fieldNotSupported('addressType', slice.addressType, types));
  }
  const endpoints: Plain[] = slice.endpoints ?? [];
  if (endpoints.length > endpointsMax) {
    errors.push(fieldTooMany('endpoints', endpoints.length, endpointsMax));
    return errors;
  }
  for (const [i, endpoint] of endpoints.entries()) {
    checkEndpoint(errors, endpoint, slice.addressType, `endpoints[${i}]`);
  }
  checkPorts(errors, slice.ports ?? []);
  return errors;
}

function checkEndpoint(errors: Errors, endpoint: Plain, type: string, path: string): void {
  const addresses: string[] = endpoint.addresses ?? [];
  const at = `${path}.addresses`;
  if (addresses.length === 0) errors.push(fieldRequired(at, 'must contain at least 1 address'));
  else if (addresses.length > addressesMax) {
    errors.push(fieldTooMany(at, addresses.length, addressesMax));
  }
  for (const [i, address] of addresses.entries()) {
    if (type === 'FQDN') checkFormat(errors, address, `${at}[${i}]`, dns1123SubdomainErrors);
    else if (familyOf(address) !== type) {
      errors.push(fieldInvalid(`${at}[${i}]`, address, `must be a valid ${type} address`));
    }
  }
  if (endpoint.nodeName)
    checkFormat(errors, endpoint.nodeName, `${path}.nodeName`, dns1123SubdomainErrors);
  if (endpoint.hostname)
    checkFormat(errors, endpoint.hostname, `${path}.hostname`, dns1123LabelErrors);
}

function checkPorts(errors: Errors, ports: Plain[]): void {
  if (ports.length > portsMax) {
    errors.push(fieldTooMany('ports', ports.length, portsMax));
    return;
  }
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const path = `ports[${i}]`;
    if (port.name) checkFormat(errors, port.name, `${path}.name`, dns1123LabelErrors);
    if (names.has(port.name)) errors.push(fieldDuplicate(`${path}.name`, port.name));
    names.add(port.name);
    if (port.port !== undefined && port.port !== null) checkPort(errors, port.port, `${path}.port`);
    checkOneOf(errors, port.protocol, `${path}.protocol`, ['SCTP', 'TCP', 'UDP']);
    if (port.appProtocol)
      checkFormat(errors, port.appProtocol, `${path}.appProtocol`, labelKeyErrors);
  }
}
