import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldRequired,
} from '../../../object/field-error.ts';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
} from '../../../object/name.ts';
import { checkFormat, checkName, checkOneOf, checkRange, type Errors } from '../field-check.ts';
import { ipErrors } from '../ip-format.ts';
import type { Plain } from '../plain.ts';
import { checkLabels } from '../selector-validation.ts';
import {
  type ContainerSurroundings,
  checkContainers,
  checkEphemeralContainers,
  checkInitContainers,
} from './container-validation.ts';
import { checkAffinity, checkTolerations, checkTopologySpread } from './scheduling-validation.ts';
import { checkPodSecurity } from './security-context-validation.ts';
import { checkVolumes } from './volume-validation.ts';

/** A pod's or a pod template's spec (core validation, ValidatePodSpec), defaults already filled in. */
export function checkPodSpec(errors: Errors, spec: Plain, path: string, isPod: boolean): void {
  const grace = spec.terminationGracePeriodSeconds;
  if (grace === undefined) {
    errors.push(fieldRequired(`${path}.terminationGracePeriodSeconds`));
  }
  const around: ContainerSurroundings = {
    volumes: checkVolumes(errors, spec.volumes, `${path}.volumes`),
    claimNames: checkResourceClaims(errors, spec.resourceClaims ?? [], `${path}.resourceClaims`),
    gracePeriod: grace ?? 0,
    restartPolicy: spec.restartPolicy,
  };
  const regular: Plain[] = spec.containers ?? [];
  const init: Plain[] = spec.initContainers ?? [];
  checkContainers(errors, regular, `${path}.containers`, around);
  checkInitContainers(errors, init, `${path}.initContainers`, around, regular);
  const ephemeral = spec.ephemeralContainers ?? [];
  const others = [...regular, ...init];
  checkEphemeralContainers(errors, ephemeral, `${path}.ephemeralContainers`, around, others);
  checkHostNetwork(errors, spec, path, isPod);
  checkOneOf(errors, spec.restartPolicy, `${path}.restartPolicy`, ['Always', 'OnFailure', 'Never']);
  checkDns(errors, spec, path);
  checkLabels(errors, spec.nodeSelector, `${path}.nodeSelector`);
  checkPodSecurity(errors, spec, path);
  checkAffinity(errors, spec.affinity, `${path}.affinity`);
  checkGates(errors, spec, path);
  const spread = spec.topologySpreadConstraints ?? [];
  checkTopologySpread(errors, spread, `${path}.topologySpreadConstraints`);
  checkNames(errors, spec, path);
  if (spec.activeDeadlineSeconds !== undefined) {
    const at = `${path}.activeDeadlineSeconds`;
    checkRange(errors, spec.activeDeadlineSeconds, at, [1, 2147483647]);
  }
  checkTolerations(errors, spec.tolerations ?? [], `${path}.tolerations`);
  if (spec.preemptionPolicy !== undefined) {
    const supported = ['PreemptLowerPriority', 'Never'];
    checkOneOf(errors, spec.preemptionPolicy, `${path}.preemptionPolicy`, supported);
  }
  if (spec.os !== undefined) {
    checkOneOf(errors, spec.os.name, `${path}.os.name`, ['linux', 'windows']);
  }
}

function checkNames(errors: Errors, spec: Plain, path: string): void {
  const subdomains = ['serviceAccountName', 'nodeName', 'priorityClassName', 'runtimeClassName'];
  for (const field of subdomains) {
    if (spec[field]) checkFormat(errors, spec[field], `${path}.${field}`, dns1123SubdomainErrors);
  }
  for (const field of ['hostname', 'subdomain']) {
    if (spec[field]) checkFormat(errors, spec[field], `${path}.${field}`, dns1123LabelErrors);
  }
  for (const [i, alias] of (spec.hostAliases ?? []).entries()) {
    const at = `${path}.hostAliases[${i}]`;
    for (const message of ipErrors(alias.ip ?? '')) {
      errors.push(fieldInvalid(`${at}.ip`, alias.ip ?? '', message));
    }
    for (const name of alias.hostnames ?? []) {
      checkFormat(errors, name, `${at}.hostnames`, dns1123SubdomainErrors);
    }
  }
}

function checkHostNetwork(errors: Errors, spec: Plain, path: string, isPod: boolean): void {
  if (spec.hostNetwork !== true) return;
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [j, port] of (container.ports ?? []).entries()) {
      const host = port.hostPort ?? 0;
      if ((!isPod && host === 0) || host === port.containerPort) continue;
      const at = `${path}.containers[${i}].ports[${j}].hostPort`;
      errors.push(fieldInvalid(at, host, 'must match `containerPort` when `hostNetwork` is true'));
    }
  }
}

function checkDns(errors: Errors, spec: Plain, path: string): void {
  checkOneOf(errors, spec.dnsPolicy, `${path}.dnsPolicy`, [
    'ClusterFirstWithHostNet',
    'ClusterFirst',
    'Default',
    'None',
  ]);
  const at = `${path}.dnsConfig`;
  const config: Plain | undefined = spec.dnsConfig;
  const servers: string[] = config?.nameservers ?? [];
  if (spec.dnsPolicy === 'None') {
    if (config === undefined) {
      errors.push(fieldRequired(at, 'must provide `dnsConfig` when `dnsPolicy` is None'));
    } else if (servers.length === 0) {
      const text = 'must provide at least one DNS nameserver when `dnsPolicy` is None';
      errors.push(fieldRequired(`${at}.nameservers`, text));
    }
  }
  if (servers.length > 3) {
    errors.push(
      fieldInvalid(`${at}.nameservers`, servers, 'must not have more than 3 nameservers'),
    );
  }
  for (const [i, server] of servers.entries()) {
    checkFormat(errors, server, `${at}.nameservers[${i}]`, ipErrors);
  }
  const searches: string[] = config?.searches ?? [];
  if (searches.length > 32) {
    errors.push(
      fieldInvalid(`${at}.searches`, searches, 'must not have more than 32 search paths'),
    );
  }
  if (searches.join(' ').length > 2048) {
    const text = 'must not have more than 2048 characters (including spaces) in the search list';
    errors.push(fieldInvalid(`${at}.searches`, searches, text));
  }
  for (const [i, option] of (config?.options ?? []).entries()) {
    if (!option.name) errors.push(fieldRequired(`${at}.options[${i}]`, 'must not be empty'));
  }
}

function checkGates(errors: Errors, spec: Plain, path: string): void {
  for (const [i, gate] of (spec.readinessGates ?? []).entries()) {
    const at = `${path}.readinessGates[${i}].conditionType`;
    checkFormat(errors, gate.conditionType ?? '', at, labelKeyErrors);
  }
  const seen = new Set<string>();
  for (const [i, gate] of (spec.schedulingGates ?? []).entries()) {
    const at = `${path}.schedulingGates[${i}]`;
    checkFormat(errors, gate.name ?? '', at, labelKeyErrors);
    if (seen.has(gate.name)) errors.push(fieldDuplicate(at, gate.name));
    seen.add(gate.name);
  }
}

/** Gives the names of the claims, for the containers that use them. */
function checkResourceClaims(errors: Errors, claims: Plain[], path: string): Set<string> {
  const names = new Set<string>();
  for (const [i, claim] of claims.entries()) {
    const at = `${path}[${i}]`;
    checkName(errors, claim.name, `${at}.name`, dns1123LabelErrors);
    if (names.has(claim.name)) errors.push(fieldDuplicate(`${at}.name`, claim.name));
    names.add(claim.name);
    const direct = claim.resourceClaimName !== undefined;
    const template = claim.resourceClaimTemplateName !== undefined;
    if (direct && template) {
      const text =
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(fieldInvalid(at, claim, text));
    } else if (!direct && !template) {
      const text = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.push(fieldInvalid(at, claim, text));
    }
  }
  return names;
}

/**
 * A workload's pod template: labels must match its selector, and `restartPolicies` is what the
 * workload allows (upstream's ValidatePodTemplateSpecFor…).
 */
export function checkPodTemplate(
  errors: Errors,
  template: Plain | undefined,
  path: string,
  restartPolicies?: readonly string[],
): void {
  if (template === undefined) {
    errors.push(fieldRequired(path));
    return;
  }
  checkLabels(errors, template.metadata?.labels, `${path}.labels`);
  const spec: Plain = template.spec ?? {};
  checkPodSpec(errors, spec, `${path}.spec`, false);
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(
      fieldForbidden(
        `${path}.spec.ephemeralContainers`,
        'ephemeral containers not allowed in pod template',
      ),
    );
  }
  if (restartPolicies !== undefined && !restartPolicies.includes(spec.restartPolicy)) {
    const list = restartPolicies.map((p) => JSON.stringify(p)).join(', ');
    errors.push({
      reason: 'FieldValueNotSupported',
      message: `Unsupported value: ${JSON.stringify(spec.restartPolicy ?? '')}: supported values: ${list}`,
      field: `${path}.spec.restartPolicy`,
    });
  }
}
