import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { checkOneOf, checkOptionalOneOf, checkRange, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Security contexts of pods and containers (core validation, ValidateSecurityContext and its like). */

const idRange = [0, 2147483647] as const;
const forSeccomp = ['Localhost', 'RuntimeDefault', 'Unconfined'];

export function checkContainerSecurity(
  errors: Errors,
  context: Plain | undefined,
  path: string,
): void {
  if (context === undefined) return;
  checkIds(errors, context, path, ['runAsUser', 'runAsGroup']);
  if (context.procMount !== undefined && context.procMount !== null) {
    checkOneOf(errors, context.procMount, `${path}.procMount`, ['Default', 'Unmasked']);
  }
  checkProfiles(errors, context, path);
  if (context.allowPrivilegeEscalation !== false) return;
  if (context.privileged === true) {
    const text = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(fieldInvalid(path, context, text));
  }
  const capabilities: string[] = context.capabilities?.add ?? [];
  if (capabilities.includes('CAP_SYS_ADMIN')) {
    const text =
      'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(fieldInvalid(path, context, text));
  }
}

export function checkPodSecurity(errors: Errors, spec: Plain, specPath: string): void {
  const context: Plain = spec.securityContext ?? {};
  const path = `${specPath}.securityContext`;
  checkIds(errors, context, path, ['fsGroup', 'runAsUser', 'runAsGroup']);
  for (const [i, id] of (context.supplementalGroups ?? []).entries()) {
    checkRange(errors, id, `${path}.supplementalGroups[${i}]`, idRange);
  }
  if (spec.shareProcessNamespace === true && spec.hostPID === true) {
    const text = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(fieldInvalid(`${path}.shareProcessNamespace`, true, text));
  }
  checkSysctls(errors, spec, context.sysctls ?? [], `${path}.sysctls`);
  const policies: [string, string[]][] = [
    ['fsGroupChangePolicy', ['Always', 'OnRootMismatch']],
    ['supplementalGroupsPolicy', ['Merge', 'Strict']],
    ['seLinuxChangePolicy', ['MountOption', 'Recursive']],
  ];
  for (const [field, supported] of policies) {
    checkOptionalOneOf(errors, context[field], `${path}.${field}`, supported);
  }
  checkProfiles(errors, context, path);
  checkHostUsers(errors, spec, specPath);
}

function checkIds(errors: Errors, context: Plain, path: string, fields: string[]): void {
  for (const field of fields) {
    if (typeof context[field] === 'number') {
      checkRange(errors, context[field], `${path}.${field}`, idRange);
    }
  }
}

function checkProfiles(errors: Errors, context: Plain, path: string): void {
  for (const field of ['seccompProfile', 'appArmorProfile']) {
    const profile = context[field];
    if (profile === undefined || profile === null) continue;
    const at = `${path}.${field}`;
    checkOneOf(errors, profile.type, `${at}.type`, forSeccomp);
    if (profile.type === 'Localhost') {
      if (!profile.localhostProfile) {
        const kind = field === 'seccompProfile' ? 'seccomp' : 'AppArmor';
        const text = `must be set when ${kind} type is Localhost`;
        errors.push(fieldRequired(`${at}.localhostProfile`, text));
      }
    } else if (profile.localhostProfile !== undefined) {
      const text =
        field === 'seccompProfile'
          ? 'can only be set when seccomp type is Localhost'
          : 'can only be set when AppArmor type is Localhost';
      errors.push(fieldInvalid(`${at}.localhostProfile`, profile.localhostProfile, text));
    }
  }
}

const sysctlPattern =
  /^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[./])*([a-z0-9][-_a-z0-9]*[.-])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$/;

function checkSysctls(errors: Errors, spec: Plain, sysctls: Plain[], path: string): void {
  const seen = new Set<string>();
  for (const [i, sysctl] of sysctls.entries()) {
    const at = `${path}[${i}].name`;
    const name: string = sysctl.name ?? '';
    if (name === '') errors.push(fieldRequired(at));
    else if (name.length > 253 || !sysctlPattern.test(name)) {
      const text = `must have at most 253 characters and match regex ${sysctlPattern.source}`;
      errors.push(fieldInvalid(at, name, text));
    } else if (seen.has(name)) {
      errors.push({
        reason: 'FieldValueDuplicate',
        message: `Duplicate value: ${JSON.stringify(name)}`,
        field: at,
      });
    }
    seen.add(name);
    const dotted = name.replaceAll('/', '.');
    if (spec.hostNetwork === true && dotted.startsWith('net.')) {
      errors.push(fieldInvalid(at, name, "may not be specified when 'hostNetwork' is true"));
    }
    if (spec.hostIPC === true && /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(dotted)) {
      errors.push(fieldInvalid(at, name, "may not be specified when 'hostIPC' is true"));
    }
  }
}

function checkHostUsers(errors: Errors, spec: Plain, path: string): void {
  if (spec.hostUsers !== false) return;
  const why = 'when `hostUsers` is false';
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC']) {
    if (spec[field] === true) errors.push(fieldForbidden(`${path}.${field}`, why));
  }
}
