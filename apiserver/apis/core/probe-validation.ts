import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { patternError } from '../../../object/name.ts';
import { checkFormat, checkNonNegative, checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { portErrors } from '../port-format.ts';

/** Probes and lifecycle hooks of a container (core validation, validateProbe, validateLifecycle). */

export function checkProbes(errors: Errors, container: Plain, path: string): void {
  checkOnceProbe(errors, container.livenessProbe, `${path}.livenessProbe`);
  const readiness: Plain | undefined = container.readinessProbe;
  checkProbe(errors, readiness, `${path}.readinessProbe`);
  const grace = readiness?.terminationGracePeriodSeconds;
  if (grace !== undefined) {
    const at = `${path}.readinessProbe.terminationGracePeriodSeconds`;
    errors.push(fieldInvalid(at, grace, 'must not be set for readinessProbes'));
  }
  checkOnceProbe(errors, container.startupProbe, `${path}.startupProbe`);
}

/** One success is enough, and the only number allowed. */
function checkOnceProbe(errors: Errors, probe: Plain | undefined, path: string): void {
  checkProbe(errors, probe, path);
  if (probe === undefined || probe.successThreshold === 1) return;
  errors.push(fieldInvalid(`${path}.successThreshold`, probe.successThreshold ?? 0, 'must be 1'));
}

function checkProbe(errors: Errors, probe: Plain | undefined, path: string): void {
  if (probe === undefined) return;
  checkHandler(errors, probe, path, ['exec', 'httpGet', 'tcpSocket', 'grpc']);
  const counts = [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ];
  for (const field of counts) checkNonNegative(errors, probe[field], `${path}.${field}`);
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0) {
    const at = `${path}.terminationGracePeriodSeconds`;
    errors.push(fieldInvalid(at, grace, 'must be greater than 0'));
  }
}

/** `gracePeriod`: the pod's; undefined when it is missing, which has its own error. */
export function checkLifecycle(
  errors: Errors,
  lifecycle: Plain | undefined,
  path: string,
  gracePeriod: number | undefined,
): void {
  for (const hook of ['postStart', 'preStop']) {
    const handler = lifecycle?.[hook];
    if (handler === undefined) continue;
    const at = `${path}.${hook}`;
    checkHandler(errors, handler, at, ['exec', 'httpGet', 'tcpSocket', 'sleep'], gracePeriod);
  }
}

function checkHandler(
  errors: Errors,
  handler: Plain,
  path: string,
  types: string[],
  gracePeriod?: number,
): void {
  let count = 0;
  for (const type of types) {
    const action = handler[type];
    if (action === undefined || action === null) continue;
    const at = `${path}.${type}`;
    count += 1;
    if (count > 1) {
      errors.push(fieldForbidden(at, 'may not specify more than 1 handler type'));
      continue;
    }
    checkAction(errors, type, action, at);
    const seconds: number = action.seconds ?? 0;
    if (type !== 'sleep' || gracePeriod === undefined) continue;
    if (seconds >= 0 && seconds <= gracePeriod) continue;
    const text = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
    errors.push(fieldInvalid(at, seconds, text));
  }
  if (count === 0) errors.push(fieldRequired(path, 'must specify a handler type'));
}

function checkAction(errors: Errors, type: string, action: Plain, path: string): void {
  switch (type) {
    case 'exec':
      if ((action.command ?? []).length === 0) errors.push(fieldRequired(`${path}.command`));
      return;
    case 'httpGet':
      if (!action.path) errors.push(fieldRequired(`${path}.path`));
      checkPortValue(errors, action.port, `${path}.port`);
      checkOptionalOneOf(errors, action.scheme ?? '', `${path}.scheme`, ['HTTP', 'HTTPS']);
      for (const { name = '' } of action.httpHeaders ?? []) {
        checkFormat(errors, name, `${path}.httpHeaders`, headerNameErrors);
      }
      return;
    case 'tcpSocket':
    case 'grpc':
      checkPortValue(errors, action.port, `${path}.port`);
      return;
    default:
  }
}

function headerNameErrors(name: string): string[] {
  if (/^[-A-Za-z0-9]+$/.test(name)) return [];
  const text = "a valid HTTP header must consist of alphanumeric characters or '-'";
  return [patternError(text, '[-A-Za-z0-9]+', 'X-Header-Name')];
}

function checkPortValue(errors: Errors, port: number | string | undefined, path: string): void {
  const value = port ?? 0;
  for (const message of portErrors(value)) errors.push(fieldInvalid(path, value, message));
}
