import { fieldDuplicate, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Kernel parameters of a pod (core validation, validateSysctls). */

const segment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
/** As upstream shows it: the escapes are part of the message. */
const namePatternText = `^(${segment}[\\./])*${segment}$`;
const namePattern = new RegExp(namePatternText);

/** `shared`: those that change the node, too, are not refused. */
export function checkSysctls(errors: Errors, spec: Plain, path: string, shared: boolean): void {
  const seen = new Set<string>();
  for (const [i, { name = '' }] of (spec.securityContext?.sysctls ?? []).entries()) {
    const at = `${path}[${i}].name`;
    if (name === '') errors.push(fieldRequired(at));
    else if (name.length > 253 || !namePattern.test(name)) {
      const text = `must have at most 253 characters and match regex ${namePatternText}`;
      errors.push(fieldInvalid(at, name, text));
    } else if (seen.has(name)) errors.push(fieldDuplicate(at, name));
    seen.add(name);
    const host = shared ? undefined : sharedNamespace(name, spec);
    if (host !== undefined) {
      errors.push(fieldInvalid(at, name, `may not be specified when '${host}' is true`));
    }
  }
}

/** Whether the pod's namespace that a parameter belongs to is the node's. */
export function isOfSharedNamespace(name: string, spec: Plain): boolean {
  return sharedNamespace(name, spec) !== undefined;
}

function sharedNamespace(name: string, spec: Plain): 'hostNetwork' | 'hostIPC' | undefined {
  const dotted = name.replaceAll('/', '.');
  if (spec.hostNetwork === true && dotted.startsWith('net.')) return 'hostNetwork';
  return spec.hostIPC === true && isOfIpcNamespace(dotted) ? 'hostIPC' : undefined;
}

/** Parameters that Linux keeps per IPC namespace (component-helpers node/util/sysctl). */
function isOfIpcNamespace(name: string): boolean {
  const prefixes = ['kernel.shm', 'kernel.msg', 'fs.mqueue.'];
  return name === 'kernel.sem' || prefixes.some((prefix) => name.startsWith(prefix));
}
