import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { checkFormat, checkOptionalOneOf, type Errors } from '../field-check.ts';
import { newCidrErrors, parseCidr } from '../ip-format.ts';
import { cidrWarnings } from '../ip-warnings.ts';
import type { Plain } from '../plain.ts';
import { portErrors } from '../port-format.ts';
import {
  checkLabelSelector,
  type SelectorOptions,
  selectorIsWrong,
} from '../selector-validation.ts';

/** What an update may keep. */
interface Stored {
  selectors: SelectorOptions;
  blocks: string[];
}

/** pkg/apis/networking/validation ValidateNetworkPolicySpec. */
export function validateNetworkPolicy({ spec = {} }: KubeObject, old?: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const stored: Stored = {
    selectors: { anyValue: selectorIsWrong(old?.spec?.podSelector) },
    blocks: blocksOf(old?.spec ?? {}),
  };
  checkLabelSelector(errors, spec.podSelector, 'spec.podSelector', stored.selectors);
  for (const [field, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const [i, rule] of (spec[field] ?? []).entries()) {
      const path = `spec.${field}[${i}]`;
      for (const [j, port] of (rule.ports ?? []).entries()) {
        checkPolicyPort(errors, port, `${path}.ports[${j}]`);
      }
      for (const [j, peer] of (rule[peers] ?? []).entries()) {
        checkPeer(errors, peer, `${path}.${peers}[${j}]`, stored);
      }
    }
  }
  const types: string[] = spec.policyTypes ?? [];
  if (types.length > 2) {
    const text = 'may not specify more than two policyTypes';
    errors.push(fieldInvalid('spec.policyTypes', types, text));
    return errors;
  }
  for (const [i, type] of types.entries()) {
    if (type === 'Ingress' || type === 'Egress') continue;
    const supported = ['Ingress', 'Egress'];
    errors.push(fieldNotSupported(`spec.policyTypes[${i}]`, type, supported));
  }
  return errors;
}

/** Of blocks that may be read in more than one way. */
export function networkPolicyWarnings({ spec = {} }: KubeObject): string[] {
  const warnings: string[] = [];
  for (const [field, peers] of [
    ['ingress', 'from'],
    ['egress', 'to'],
  ] as const) {
    for (const [i, rule] of (spec[field] ?? []).entries()) {
      for (const [j, { ipBlock }] of (rule[peers] ?? []).entries()) {
        if (ipBlock === undefined) continue;
        const path = `spec.${field}[${i}].${peers}[${j}].ipBlock`;
        warnings.push(...cidrWarnings(ipBlock.cidr, `${path}.cidr`));
        for (const [k, except] of (ipBlock.except ?? []).entries()) {
          warnings.push(...cidrWarnings(except, `${path}.except[${k}]`));
        }
      }
    }
  }
  return warnings;
}

function checkPolicyPort(errors: Errors, entry: Plain, path: string): void {
  if (entry.protocol !== undefined) {
    checkOptionalOneOf(errors, entry.protocol, `${path}.protocol`, ['TCP', 'UDP', 'SCTP']);
  }
  const { port, endPort } = entry;
  if (port === undefined) {
    if (endPort !== undefined) {
      const text = 'may not be specified when `port` is not specified';
      errors.push(fieldInvalid(`${path}.endPort`, endPort, text));
    }
    return;
  }
  if (typeof port === 'string' && endPort !== undefined) {
    const text = 'may not be specified when `port` is non-numeric';
    errors.push(fieldInvalid(`${path}.endPort`, endPort, text));
  }
  for (const message of portErrors(port)) errors.push(fieldInvalid(`${path}.port`, port, message));
  if (typeof port === 'string' || endPort === undefined) return;
  if (endPort < port) {
    const text = 'must be greater than or equal to `port`';
    errors.push(fieldInvalid(`${path}.endPort`, endPort, text));
  }
  for (const message of portErrors(endPort)) {
    errors.push(fieldInvalid(`${path}.endPort`, endPort, message));
  }
}

function checkPeer(errors: Errors, peer: Plain, path: string, stored: Stored): void {
  const { podSelector, namespaceSelector, ipBlock } = peer;
  const selects = podSelector !== undefined || namespaceSelector !== undefined;
  checkLabelSelector(errors, podSelector, `${path}.podSelector`, stored.selectors);
  checkLabelSelector(errors, namespaceSelector, `${path}.namespaceSelector`, stored.selectors);
  if (ipBlock !== undefined) checkIpBlock(errors, ipBlock, `${path}.ipBlock`, stored.blocks);
  if (!selects && ipBlock === undefined) errors.push(fieldRequired(path, 'must specify a peer'));
  else if (selects && ipBlock !== undefined) {
    const why = 'may not specify both ipBlock and another peer';
    errors.push(fieldForbidden(path, why));
  }
}

/** Rules and peers have no names to be found again by: what stood anywhere may stand anywhere. */
function blocksOf(spec: Plain): string[] {
  const rules: Plain[] = [...(spec.ingress ?? []), ...(spec.egress ?? [])];
  const peers: Plain[] = rules.flatMap((rule) => [...(rule.from ?? []), ...(rule.to ?? [])]);
  return peers.flatMap(({ ipBlock: block }) =>
    block === undefined ? [] : [block.cidr, ...(block.except ?? [])],
  );
}

function checkIpBlock(errors: Errors, block: Plain, path: string, stored: string[]): void {
  if (!block.cidr) {
    errors.push(fieldRequired(`${path}.cidr`));
    return;
  }
  const blockErrors = newCidrErrors(stored);
  checkFormat(errors, block.cidr, `${path}.cidr`, blockErrors);
  const outer = parseCidr(block.cidr);
  if (outer === undefined) return;
  for (const [i, except] of (block.except ?? []).entries()) {
    const at = `${path}.except[${i}]`;
    checkFormat(errors, except, at, blockErrors);
    const inner = parseCidr(except);
    if (inner === undefined) continue;
    const inside =
      inner.family === outer.family &&
      inner.first >= outer.first &&
      inner.last <= outer.last &&
      inner.prefixLength > outer.prefixLength;
    if (!inside) errors.push(fieldInvalid(at, except, `must be a strict subset of \`cidr\``));
  }
}
