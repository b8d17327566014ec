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
import { familyOf, ipErrors, strictIpErrors } from '../ip-format.ts';
import { ipWarnings } from '../ip-warnings.ts';
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
  prepareForCreate: (slice) => dropTopology(slice, undefined),
  prepareForUpdate(next, old) {
    const parts = (slice: KubeObject) => [
      slice.addressType,
      slice.endpoints,
      slice.ports,
      slice.metadata.labels,
    ];
    if (!semanticEqual(parts(next), parts(old))) {
      next.metadata.generation = Number(old.metadata.generation ?? 0) + 1;
    }
    dropTopology(next, old);
  },
  warnings,
  updateChecks: ['new metadata', 'rules', 'changes'],
  validate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.addressType, old.addressType, 'addressType');
    return errors;
  },
};

const hostLabel = 'kubernetes.io/hostname';

/**
 * v1 does not write `deprecatedTopology`. An endpoint whose node stood only there keeps it, so that a
 * client of v1 can change a slice that came from v1beta1.
 */
function dropTopology(next: KubeObject, old: KubeObject | undefined): void {
  if (old !== undefined && semanticEqual(old.endpoints, next.endpoints)) return;
  const before: Plain[] = old?.endpoints ?? [];
  const nodes = new Set(before.map((e) => e.deprecatedTopology?.[hostLabel]).filter(Boolean));
  for (const endpoint of next.endpoints ?? []) {
    const node = endpoint.deprecatedTopology?.[hostLabel];
    if (endpoint.nodeName === undefined && nodes.has(node)) {
      if (dns1123SubdomainErrors(node).length === 0) endpoint.nodeName = node;
    }
    delete endpoint.deprecatedTopology;
  }
}

/** Who writes only addresses it has set right itself. */
const careful = new Set([
  'endpointslice-controller.k8s.io',
  'endpointslicemirroring-controller.k8s.io',
]);

function warnings(slice: KubeObject, old: KubeObject | undefined): string[] {
  const texts =
    old === undefined && slice.addressType === 'FQDN'
      ? ['spec.addressType: FQDN endpoints are deprecated']
      : [];
  if (careful.has(slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] ?? '')) {
    return texts;
  }
  for (const [i, { addresses = [] }] of (slice.endpoints ?? []).entries()) {
    for (const [j, address] of addresses.entries()) {
      texts.push(...ipWarnings(address, `endpoints[${i}].addresses[${j}]`));
    }
  }
  return texts;
}

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

function validate(slice: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const types = ['FQDN', 'IPv4', 'IPv6'];
  if (!slice.addressType) errors.push(fieldRequired('addressType'));
  else if (!types.includes(slice.addressType)) {
    errors.push(fieldNotSupported('addressType', slice.addressType, types));
  }
  checkPorts(errors, slice.ports ?? []);
  const endpoints = endpointErrors(slice);
  if (endpoints.length === 0) return errors;
  // Compared only when it matters: there may be many, and what was right once may stay.
  if (old !== undefined && semanticEqual(old.endpoints, slice.endpoints)) return errors;
  return [...errors, ...endpoints];
}

function endpointErrors(slice: KubeObject): Errors {
  const errors: Errors = [];
  const endpoints: Plain[] = slice.endpoints ?? [];
  if (endpoints.length > endpointsMax) {
    return [fieldTooMany('endpoints', endpoints.length, endpointsMax)];
  }
  for (const [i, endpoint] of endpoints.entries()) {
    checkEndpoint(errors, endpoint, slice.addressType, `endpoints[${i}]`);
  }
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
    checkEndpointAddress(errors, address, type, at, i);
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
  const zones: Plain[] = hints.forZones ?? [];
  checkHints(errors, zones, `${path}.hints.forZones`, labelValueErrors);
  if (zones.length > hintsMax) return;
  checkHints(errors, hints.forNodes ?? [], `${path}.hints.forNodes`, dns1123SubdomainErrors);
}

/** IPv6 was never served without the strict rules; IPv4 was. */
const addressErrors: Record<string, (text: string) => string[]> = {
  IPv4: ipErrors,
  IPv6: strictIpErrors,
};

function checkEndpointAddress(
  errors: Errors,
  address: string,
  type: string,
  list: string,
  i: number,
): void {
  const path = `${list}[${i}]`;
  if (type === 'FQDN') {
    checkDomainName(errors, address, path, 2);
    return;
  }
  const problems = addressErrors[type]?.(address);
  if (problems === undefined) return;
  for (const problem of problems) errors.push(fieldInvalid(path, address, problem));
  if (problems.length > 0) return;
  if (familyOf(address) !== type) {
    errors.push(fieldInvalid(list, address, `must be an ${type} address`));
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
