import { fieldDuplicate, fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import { labelKeyErrors, labelValueErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkOneOf, type Errors, keepStatus } from '../field-check.ts';
import { cidrErrors, parseCidr } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { nodeColumns } from './node-columns.ts';
import { checkResourceQuantity } from './resources-validation.ts';
import type { KindDefinition } from '../resource.ts';

export const node: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Node',
  resource: 'nodes',
  namespaced: false,
  shortNames: ['no'],
  storagePath: 'minions',
  generation: false,
  subresources: {
    proxy: {
      kind: { group: '', version: 'v1', kind: 'NodeProxyOptions' },
      verbs: ['create', 'delete', 'get', 'patch', 'update'],
    },
  },
  columns: nodeColumns,
  selectableFields: ({ spec }) => ({ 'spec.unschedulable': String(spec?.unschedulable ?? false) }),
  default: defaultNode,
  // A kubelet registers itself with its status, so a create keeps it.
  prepareForUpdate: keepStatus,
  validate,
  validateUpdate,
  status: { validateUpdate: validateStatus },
};

function defaultNode(node: KubeObject): void {
  node.spec ??= {};
  node.status ??= {};
  const { spec, status } = node;
  if (status.capacity !== undefined) status.allocatable ??= { ...status.capacity };
  // podCIDR is the first of podCIDRs, whichever was written.
  if (spec.podCIDRs?.length > 0) spec.podCIDR = spec.podCIDRs[0];
  else if (spec.podCIDR) spec.podCIDRs = [spec.podCIDR];
}

function validate({ spec, status }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkTaints(errors, spec?.taints ?? []);
  for (const list of ['capacity', 'allocatable']) {
    for (const [name, amount] of Object.entries(status?.[list] ?? {})) {
      checkResourceQuantity(errors, name, amount, `status.${list}.${name}`);
    }
  }
  const cidrs: string[] = spec?.podCIDRs ?? [];
  for (const [i, cidr] of cidrs.entries()) {
    checkFormat(errors, cidr, `spec.podCIDRs[${i}]`, cidrErrors);
    if (cidrs.indexOf(cidr) < i) errors.push(fieldDuplicate(`spec.podCIDRs[${i}]`, cidr));
  }
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.family));
  if (cidrs.length > 1 && (families.size < 2 || cidrs.length > 2)) {
    const text = 'may specify no more than one CIDR for each IP family';
    errors.push(fieldInvalid('spec.podCIDRs', cidrs, text));
  }
  return errors;
}

function checkTaints(errors: Errors, taints: Plain[]): void {
  const seen = new Set<string>();
  for (const [i, taint] of taints.entries()) {
    const path = `metadata.taints[${i}]`;
    checkFormat(errors, taint.key ?? '', `${path}.key`, labelKeyErrors);
    const problems = labelValueErrors(taint.value ?? '');
    if (problems.length > 0)
      errors.push(fieldInvalid(`${path}.value`, taint.value, problems.join(';')));
    const effects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];
    checkOneOf(errors, taint.effect, `${path}.effect`, effects);
    const pair = `${taint.effect}/${taint.key}`;
    if (seen.has(pair)) {
      const duplicate = fieldDuplicate(path, taint);
      duplicate.message += ': taints must be unique by key and effect pair';
      errors.push(duplicate);
    }
    seen.add(pair);
  }
}

function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const cidrs: string[] = old.spec?.podCIDRs ?? [];
  const now: string[] = next.spec?.podCIDRs ?? [];
  if (cidrs.length > 0 && cidrs.join() !== now.join()) {
    const why = 'node updates may not change podCIDR except from "" to valid';
    errors.push(fieldForbidden('spec.podCIDRs', why));
  }
  if (old.spec?.providerID && old.spec.providerID !== next.spec?.providerID) {
    const why = 'node updates may not change providerID except from "" to valid';
    errors.push(fieldForbidden('spec.providerID', why));
  }
  return errors;
}

function validateStatus(next: KubeObject, _old: KubeObject): StatusCause[] {
  const errors: Errors = validate(next);
  const seen = new Set<string>();
  for (const [i, address] of (next.status?.addresses ?? []).entries()) {
    const key = `${address.type}/${address.address}`;
    if (seen.has(key)) errors.push(fieldDuplicate(`status.addresses[${i}]`, address));
    seen.add(key);
  }
  return errors;
}
