import { fieldForbidden, fieldInvalid } from '../../../object/field-error.ts';
import { byteLength, dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkFormat, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { eachContainer } from './pod-containers.ts';

/** What a pod's operating system rules out, and the options of Windows (core validation). */

/** Calls for every container of a pod that has a security context. */
function eachContext(spec: Plain, path: string, visit: (context: Plain, at: string) => void): void {
  for (const { container, path: at } of eachContainer(spec, path)) {
    if (container.securityContext != null)
      visit(container.securityContext, `${at}.securityContext`);
  }
}

export function checkLinux(errors: Errors, spec: Plain, path: string): void {
  const check = (context: Plain, at: string): void => {
    if (context.windowsOptions === undefined) return;
    const why = 'windows options cannot be set for a linux pod';
    errors.push(fieldForbidden(`${at}.windowsOptions`, why));
  };
  check(spec.securityContext ?? {}, `${path}.securityContext`);
  eachContext(spec, path, check);
}

/** Fields of Linux, in upstream's order: `/` marks those that v1 has in the spec itself. */
const podFields = [
  'appArmorProfile',
  'seLinuxOptions',
  '/hostUsers',
  '/hostPID',
  '/hostIPC',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  '/shareProcessNamespace',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
];
const containerFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
];

export function checkWindows(errors: Errors, spec: Plain, path: string): void {
  const check = (holder: Plain, field: string, at: string): void => {
    const value = holder[field];
    // hostPID and hostIPC are no pointers: false is as good as absent.
    if (value === undefined || value === null) return;
    if ((field === 'hostPID' || field === 'hostIPC') && value === false) return;
    if (Array.isArray(value) && value.length === 0) return;
    errors.push(fieldForbidden(`${at}.${field}`, 'cannot be set for a windows pod'));
  };
  for (const field of podFields) {
    if (field.startsWith('/')) check(spec, field.slice(1), path);
    else check(spec.securityContext ?? {}, field, `${path}.securityContext`);
  }
  eachContext(spec, path, (context, at) => {
    for (const field of containerFields) check(context, field, at);
  });
}

const credentialSpecKiB = 64;
const domainMax = 256;
const userMax = 104;
const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/;
const dnsLabel = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const dnsName = new RegExp(`^${dnsLabel}(?:\\.${dnsLabel})*$`);

export function checkWindowsOptions(
  errors: Errors,
  options: Plain | undefined,
  path: string,
): void {
  if (options === undefined) return;
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName } = options;
  if (specName !== undefined) {
    checkFormat(errors, specName, `${path}.gmsaCredentialSpecName`, dns1123SubdomainErrors);
  }
  if (spec !== undefined) {
    const at = `${path}.gmsaCredentialSpec`;
    if (spec === '') {
      errors.push(fieldInvalid(at, spec, 'gmsaCredentialSpec cannot be an empty string'));
    } else if (byteLength(spec) > credentialSpecKiB * 1024) {
      const text = `gmsaCredentialSpec size must be under ${credentialSpecKiB} KiB`;
      errors.push(fieldInvalid(at, spec, text));
    }
  }
  if (runAsUserName === undefined) return;
  checkFormat(errors, runAsUserName, `${path}.runAsUserName`, userNameErrors);
}

/** `DOMAIN\user`, the domain optional. */
function userNameErrors(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string'];
  // oxlint-disable-next-line no-control-regex -- they are what is refused
  if (/[\u0000-\u001f\u007f]/.test(name))
    return ['runAsUserName cannot contain control characters'];
  const parts = name.split('\\');
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash'];
  const errors: string[] = [];
  const user = parts.at(-1) ?? '';
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined;
  if (domain !== undefined && byteLength(domain) >= domainMax) {
    errors.push(`runAsUserName's Domain length must be under ${domainMax} characters`);
  }
  if (domain !== undefined && !netBios.test(domain) && !dnsName.test(domain)) {
    errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format");
  }
  if (user === '') errors.push("runAsUserName's User cannot be empty");
  else if (byteLength(user) > userMax) {
    errors.push(`runAsUserName's User length must not be longer than ${userMax} characters`);
  }
  if (/^[. ]+$/.test(user)) {
    errors.push("runAsUserName's User cannot contain only periods or spaces");
  }
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    errors.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]');
  }
  return errors;
}

/** Host processes do not mix with others, and use the host's network. */
export function checkHostProcess(errors: Errors, spec: Plain, path: string): void {
  const own: boolean | undefined = spec.securityContext?.windowsOptions?.hostProcess;
  let all = 0;
  let hostProcesses = 0;
  for (const { container, path: at } of eachContainer(spec, path)) {
    all += 1;
    const set: boolean | undefined = container.securityContext?.windowsOptions?.hostProcess;
    if (own !== undefined && set !== undefined && own !== set) {
      const text = `pod hostProcess value must be identical if both are specified, was ${own}`;
      errors.push(fieldInvalid(`${at}.securityContext.windowsOptions.hostProcess`, set, text));
    }
    if (set ?? own) hostProcesses += 1;
  }
  if (hostProcesses === 0) return;
  if (hostProcesses !== all) {
    const text =
      'If pod contains any hostProcess containers then all containers must be HostProcess containers';
    errors.push(fieldInvalid(path, '', text));
  }
  if (spec.hostNetwork !== true) {
    const text = 'hostNetwork must be true if pod contains any hostProcess containers';
    errors.push(fieldInvalid(`${path}.hostNetwork`, false, text));
  }
}
