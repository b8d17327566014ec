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
  labelValueErrors,
} from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkOrdinaryAddress } from '../special-address.ts';
import { checkDomainName } from '../domain-name.ts';
import { checkFormat, checkImmutable, checkOptionalOneOf, type Errors } from '../field-check.ts';
import { familyOf, ipErrors } from '../ip-format.ts';
import { type Plain, setDefaults } from '../plain.ts';
import { checkLabels } from '../selector-validation.ts';
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
    textColumn('Ports', ({ ports }) =>
      listText((ports ?? []).map((p: Plain) => String(p.port ?? (p.name || '*')))),
    ),
    textColumn('Endpoints', ({ endpoints }) =>
      listText((endpoints ?? []).flatMap((e: Plain) => e.addresses ?? [])),
    ),
    ageColumn,
  ],
  default(slice) {
    for (const port of slice.ports ?? []) setDefaults(port, { name: '', protocol: 'TCP' });
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
const topologyMax = 16;
const hintsMax = 8;

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
    checkEndpointAddress(errors, address, type, `${at}[${i}]`);
  }
  if (endpoint.nodeName !== undefined) {
    checkFormat(errors, endpoint.nodeName, `${path}.nodeName`, dns1123SubdomainErrors);
  }
  const topology = endpoint.deprecatedTopology ?? {};
  const topologySize = Object.keys(topology).length;
  if (topologySize > topologyMax) {
    errors.push(fieldTooMany(`${path}.deprecatedTopology`, topologySize, topologyMax));
  }
  checkLabels(errors, topology, `${path}.deprecatedTopology`);
  if (endpoint.hostname !== undefined) {
    checkFormat(errors, endpoint.hostname, `${path}.hostname`, dns1123LabelErrors);
  }
  const hints = endpoint.hints ?? {};
  checkHints(errors, hints.forZones ?? [], `${path}.hints.forZones`, labelValueErrors);
  checkHints(errors, hints.forNodes ?? [], `${path}.hints.forNodes`, dns1123SubdomainErrors);
}

function checkEndpointAddress(errors: Errors, address: string, type: string, path: string): void {
  if (type === 'FQDN') {
    checkDomainName(errors, address, path, 2);
    return;
  }
  if (type !== 'IPv4' && type !== 'IPv6') return;
  const problems = ipErrors(address);
  for (const problem of problems) errors.push(fieldInvalid(path, address, problem));
  if (problems.length > 0) return;
  if (familyOf(address) !== type) {
    errors.push(fieldInvalid(path, address, `must be an ${type} address`));
  }
  checkOrdinaryAddress(errors, address, path);
}

function checkHints(
  errors: Errors,
  hints: Plain[],
  path: string,
  formatErrors: (value: string) => readonly string[],
): void {
  if (hints.length > hintsMax) {
    errors.push(fieldTooMany(path, hints.length, hintsMax));
    return;
  }
  const names = new Set<string>();
  for (const [i, { name = '' }] of hints.entries()) {
    if (names.has(name)) errors.push(fieldDuplicate(`${path}[${i}].name`, name));
    names.add(name);
    checkFormat(errors, name, `${path}[${i}].name`, formatErrors);
  }
}

function checkPorts(errors: Errors, ports: Plain[]): void {
  if (ports.length > portsMax) {
    errors.push(fieldTooMany('ports', ports.length, portsMax));
    return;
  }
  const names = new Set<string>();
  const protocols = ['SCTP', 'TCP', 'UDP'];
  for (const [i, port] of ports.entries()) {
    const path = `ports[${i}]`;
    if (port.name) checkFormat(errors, port.name, `${path}.name`, dns1123LabelErrors);
    if (names.has(port.name)) errors.push(fieldDuplicate(`${path}.name`, port.name));
    names.add(port.name);
    checkOptionalOneOf(errors, port.protocol, `${path}.protocol`, protocols);
    if (port.appProtocol !== undefined) {
      checkFormat(errors, port.appProtocol, `${path}.appProtocol`, labelKeyErrors);
    }
  }
}
