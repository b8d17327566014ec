import { fieldForbidden } from '../../../object/field-error.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** A container that ended for good stays ended (core validation ValidateContainerStateTransition). */
export function checkTransitions(errors: Errors, status: Plain, old: Plain, spec: Plain): void {
  if (!mayRestartAll(spec)) {
    checkList(errors, status, old, 'containerStatuses', restarts(spec, 'containers'));
    checkList(errors, status, old, 'initContainerStatuses', restarts(spec, 'initContainers'));
  }
  // Kubelets never restart them.
  checkList(errors, status, old, 'ephemeralContainerStatuses', () => false);
}

/** Where one container's end can restart all (KEP-5532). */
function mayRestartAll({ containers = [], initContainers = [] }: Plain): boolean {
  return [...containers, ...initContainers].some(({ restartPolicyRules = [] }: Plain) =>
    restartPolicyRules.some(({ action }: Plain) => action === 'RestartAllContainers'),
  );
}

type Restarts = (ended: Plain, name: string) => boolean;

function restarts(spec: Plain, list: string): Restarts {
  return (ended, name) => {
    const container = (spec[list] ?? []).find((c: Plain) => c.name === name);
    if (container === undefined) return false;
    return mayRestart(container, spec.restartPolicy, ended.exitCode ?? 0);
  };
}

/** By the container's own rules and policy, else by the pod's (podutil ContainerShouldRestart). */
function mayRestart(container: Plain, podPolicy: string, exitCode: number): boolean {
  const policy: string = container.restartPolicy ?? podPolicy;
  if (container.restartPolicy !== undefined) {
    for (const { exitCodes } of container.restartPolicyRules ?? []) {
      const listed = (exitCodes?.values ?? []).includes(exitCode);
      if (exitCodes?.operator === 'In' ? listed : !listed) return true;
    }
  }
  if (policy === 'Always') return true;
  return policy === 'OnFailure' && exitCode !== 0;
}

function checkList(
  errors: Errors,
  status: Plain,
  old: Plain,
  list: string,
  mayStart: Restarts,
): void {
  for (const [i, before] of (old[list] ?? []).entries()) {
    const ended = before.state?.terminated;
    if (ended === undefined || ended === null || mayStart(ended, before.name)) continue;
    for (const now of status[list] ?? []) {
      if (now.name !== before.name || now.state?.terminated) continue;
      const why = 'may not be transitioned to non-terminated state';
      errors.push(fieldForbidden(`status.${list}[${i}].state`, why));
    }
  }
}
