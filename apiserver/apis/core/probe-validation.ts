import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { checkNonNegative, checkOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { portErrors } from '../port-format.ts';

/** Probes and lifecycle hooks of a container (core validation, validateProbe, validateLifecycle). */

export function checkProbes(errors: Errors, container: Plain, path: string): void {
  checkProbe(errors, container.livenessProbe, `${path}.livenessProbe`, true);
  checkProbe(errors, container.readinessProbe, `${path}.readinessProbe`, false);
  checkProbe(errors, container.startupProbe, `${path}.startupProbe`, true);
  const readiness = container.readinessProbe;
  if (readiness?.terminationGracePeriodSeconds !== undefined) {
    const at = `${path}.readinessProbe.terminationGracePeriodSeconds`;
    errors.push(
      fieldInvalid(
        at,
        readiness.terminationGracePeriodSeconds,
        'must not be set for readinessProbes',
      ),
    );
  }
}

function checkProbe(errors: Errors, probe: Plain | undefined, path: string, once: boolean): void {
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
    errors.push(
      fieldInvalid(`${path}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'),
    );
  }
  if (once && probe.successThreshold !== undefined && probe.successThreshold !== 1) {
    errors.push(fieldInvalid(`${path}.successThreshold`, probe.successThreshold, 'must be 1'));
  }
}

export function checkLifecycle(
  errors: Errors,
  lifecycle: Plain | undefined,
  path: string,
  gracePeriod: number,
): void {
  if (lifecycle === undefined) return;
  for (const hook of ['postStart', 'preStop']) {
    const handler = lifecycle[hook];
    if (handler === undefined) continue;
    const at = `${path}.${hook}`;
    checkHandler(errors, handler, at, ['exec', 'httpGet', 'tcpSocket', 'sleep']);
    const seconds = handler.sleep?.seconds;
    if (seconds !== undefined && (seconds < 0 || seconds > gracePeriod)) {
      const text = `must be non-negative and less than terminationGracePeriodSeconds (${gracePeriod})`;
      errors.push(fieldInvalid(`${at}.sleep`, seconds, text));
    }
  }
}

function checkHandler(errors: Errors, handler: Plain, path: string, types: string[]): void {
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
      checkOneOf(errors, action.scheme, `${path}.scheme`, ['HTTP', 'HTTPS']);
      for (const [i, header] of (action.httpHeaders ?? []).entries()) {
        if (/^[-A-Za-z0-9]+$/.test(header.name ?? '')) continue;
        const text =
          "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";
        errors.push(fieldInvalid(`${path}.httpHeaders[${i}]`, header.name ?? '', text));
      }
      return;
    case 'tcpSocket':
    case 'grpc':
      checkPortValue(errors, action.port, `${path}.port`);
      return;
    default:
  }
}

function checkPortValue(errors: Errors, port: number | string | undefined, path: string): void {
  const value = port ?? 0;
  for (const message of portErrors(value)) errors.push(fieldInvalid(path, value, message));
}
