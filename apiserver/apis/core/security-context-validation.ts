import { isNumber } from '../../../object/json.ts';
import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from '../../../object/field-error.ts';
import { byteLength } from '../../../object/name.ts';
import { checkOptionalOneOf, checkRange, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkDescendingPath } from './local-path.ts';
import type { PodAllowances } from './pod-allowances.ts';
import { eachContainer } from './pod-containers.ts';
import { checkSysctls } from './sysctl-validation.ts';
import { checkWindowsOptions } from './windows-validation.ts';

/** Security contexts of pods and containers (core validation, ValidateSecurityContext and its like). */

const idRange = [0, 2147483647] as const;
const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined'];

/** `hostUsers`: the pod's; only a user namespace of its own makes an unmasked /proc harmless. */
export function checkContainerSecurity(
  errors: Errors,
  context: Plain | undefined,
  path: string,
  hostUsers: boolean,
): void {
  if (context === undefined) return;
  checkIds(errors, context, path, ['runAsUser', 'runAsGroup']);
  const { procMount, privileged, allowPrivilegeEscalation, capabilities } = context;
  if (procMount !== undefined && procMount !== null) {
    checkOptionalOneOf(errors, procMount, `${path}.procMount`, ['Default', 'Unmasked']);
    if (hostUsers && procMount === 'Unmasked') {
      const text = '`hostUsers` must be false to use `Unmasked`';
      errors.push(fieldInvalid(`${path}.procMount`, procMount, text));
    }
  }
  checkSeccompProfile(errors, context.seccompProfile, `${path}.seccompProfile`);
  if (allowPrivilegeEscalation === false) {
    const refuse = (what: string): unknown =>
      errors.push(
        fieldInvalid(path, context, `cannot set \`allowPrivilegeEscalation\` to false and ${what}`),
      );
    if (privileged === true) refuse('`privileged` to true');
    for (const capability of capabilities?.add ?? []) {
      if (capability === 'CAP_SYS_ADMIN') refuse('`capabilities.Add` CAP_SYS_ADMIN');
    }
  }
  checkWindowsOptions(errors, context.windowsOptions, `${path}.windowsOptions`);
  checkAppArmorProfile(errors, context.appArmorProfile, `${path}.appArmorProfile`);
}

export function checkPodSecurity(
  errors: Errors,
  spec: Plain,
  specPath: string,
  allow: PodAllowances,
): void {
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
  checkSysctls(errors, spec, `${path}.sysctls`, allow.sharedSysctls);
  const check = (field: string, supported: readonly string[]): void =>
    checkOptionalOneOf(errors, context[field], `${path}.${field}`, supported);
  check('fsGroupChangePolicy', ['Always', 'OnRootMismatch']);
  checkSeccompProfile(errors, context.seccompProfile, `${path}.seccompProfile`);
  checkWindowsOptions(errors, context.windowsOptions, `${path}.windowsOptions`);
  checkAppArmorProfile(errors, context.appArmorProfile, `${path}.appArmorProfile`);
  check('supplementalGroupsPolicy', ['Merge', 'Strict']);
  // Only for what has a policy already while SELinuxMount is off.
  const others = allow.anySelinuxChange ? ['MountOption'] : [];
  check('seLinuxChangePolicy', [...others, 'Recursive']);
}

function checkIds(errors: Errors, context: Plain, path: string, fields: string[]): void {
  for (const field of fields) {
    const value: unknown = context[field];
    if (isNumber(value)) {
      checkRange(errors, Number(value), `${path}.${field}`, idRange);
    }
  }
}

function checkSeccompProfile(
  errors: Errors,
  profile: Plain | null | undefined,
  path: string,
): void {
  if (profile === undefined || profile === null) return;
  const { type = '', localhostProfile: file } = profile;
  const at = `${path}.localhostProfile`;
  if (type === '') {
    errors.push(fieldRequired(`${path}.type`, 'type is required when seccompProfile is set'));
  } else checkOptionalOneOf(errors, type, `${path}.type`, profileTypes);
  if (type !== 'Localhost') {
    if (file === undefined) return;
    errors.push(fieldInvalid(at, profile, 'can only be set when seccomp type is Localhost'));
  } else if (file === undefined) {
    errors.push(fieldRequired(at, 'must be set when seccomp type is Localhost'));
  } else checkDescendingPath(errors, file, at);
}

/** PATH_MAX without its NUL. */
const appArmorProfileBytes = 4095;

export function checkAppArmorProfile(
  errors: Errors,
  profile: Plain | null | undefined,
  path: string,
): void {
  if (profile === undefined || profile === null) return;
  const { type = '', localhostProfile: name } = profile;
  const at = `${path}.localhostProfile`;
  const missing = 'must be set when AppArmor type is Localhost';
  if (type === '') {
    errors.push(fieldRequired(`${path}.type`, 'type is required when appArmorProfile is set'));
  } else if (type === 'Localhost') {
    if (name === undefined) errors.push(fieldRequired(at, missing));
    else {
      if (name.trim() !== name) {
        errors.push(fieldInvalid(at, name, 'must not be padded with whitespace'));
      } else if (name === '') errors.push(fieldRequired(at, missing));
      if (byteLength(name) > appArmorProfileBytes) {
        errors.push(fieldTooLong(at, appArmorProfileBytes));
      }
    }
  } else if (!profileTypes.includes(type)) {
    errors.push(fieldNotSupported(`${path}.type`, type, profileTypes));
  } else if (name !== undefined) {
    errors.push(fieldInvalid(at, name, 'can only be set when AppArmor type is Localhost'));
  }
}

/** Upstream allows no mixture of the host's namespaces with a user namespace of the pod's own. */
export function checkHostUsers(
  errors: Errors,
  spec: Plain,
  path: string,
  allow: PodAllowances,
): void {
  if (spec.hostUsers !== false) return;
  const why = 'when `hostUsers` is false';
  const refuse = (field: string): unknown => errors.push(fieldForbidden(`${path}.${field}`, why));
  if (spec.hostNetwork === true && !allow.hostNetworkWithOwnUsers) refuse('hostNetwork');
  if (spec.hostPID === true) refuse('HostPID');
  if (spec.hostIPC === true) refuse('HostIPC');
  if (allow.devicesWithOwnUsers) return;
  for (const { container, path: at } of eachContainer(spec, path)) {
    if ((container.volumeDevices ?? []).length === 0) continue;
    errors.push(fieldForbidden(`${at}.volumeDevices`, why));
  }
}
