import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotFound,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors } from '../../../object/name.ts';
import { checkFormat, checkName, checkOneOf, checkPort, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { portNameErrors } from '../port-format.ts';
import { checkResizePolicy, checkRestartPolicy } from './container-restart-validation.ts';
import { checkEnvironment, checkEnvironmentFrom } from './environment-validation.ts';
import { checkLifecycle, checkProbes } from './probe-validation.ts';
import type { PodAllowances } from './pod-allowances.ts';
import { checkContainerResources } from './resources-validation.ts';
import { checkContainerSecurity } from './security-context-validation.ts';
import { checkVolumeDevices, checkVolumeMounts } from './volume-mount-validation.ts';

/** The containers of a pod spec (core validation, validateContainers and its like). */

export interface ContainerSurroundings {
  volumes: ReadonlyMap<string, Plain>;
  claimNames: ReadonlySet<string>;
  /** The pod's terminationGracePeriodSeconds; undefined when it is missing, which has its own error. */
  gracePeriod: number | undefined;
  restartPolicy: string;
  /** The pod's; false is a user namespace of its own. */
  hostUsers: boolean;
  allow: PodAllowances;
}

export function checkContainers(
  errors: Errors,
  containers: Plain[] | undefined,
  path: string,
  around: ContainerSurroundings,
): void {
  if (containers === undefined || containers.length === 0) {
    errors.push(fieldRequired(path));
    return;
  }
  const names = new Set<string>();
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    checkContainer(errors, container, at, around);
    if (names.has(container.name)) errors.push(fieldDuplicate(`${at}.name`, container.name));
    names.add(container.name);
    checkLifecycle(errors, container.lifecycle, `${at}.lifecycle`, around.gracePeriod);
    checkProbes(errors, container, at);
    checkRestartPolicy(errors, container, at);
  }
  checkHostPorts(errors, containers, path);
}

/** `regular` are the containers that start after: no init container may repeat a name of theirs. */
export function checkInitContainers(
  errors: Errors,
  containers: Plain[],
  path: string,
  around: ContainerSurroundings,
  regular: readonly Plain[],
): void {
  const names = new Set<string>(regular.map((c) => c.name));
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    checkContainer(errors, container, at, around);
    checkRestartPolicy(errors, container, at);
    if (names.has(container.name)) errors.push(fieldDuplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    // One after another: only its own ports can be in its way. Upstream counts it as the first.
    checkHostPorts(errors, [container], path);
    if (container.restartPolicy === 'Always') {
      checkLifecycle(errors, container.lifecycle, `${at}.lifecycle`, around.gracePeriod);
      checkProbes(errors, container, at);
      continue;
    }
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) {
      if (container[field] === undefined) continue;
      const why = 'may not be set for init containers without restartPolicy=Always';
      errors.push(fieldForbidden(`${at}.${field}`, why));
    }
    if (around.allow.initResizeRestart) continue;
    for (const [j, { restartPolicy }] of (container.resizePolicy ?? []).entries()) {
      if (restartPolicy !== 'RestartContainer') continue;
      const own = `${at}.resizePolicy[${j}].restartPolicy`;
      const text = "must not be set to 'RestartContainer' for non-sidecar initContainers";
      errors.push(fieldInvalid(own, restartPolicy, text));
    }
  }
}

/** In the order in which the type declares them. */
const ephemeralForbidden = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
];

/** `others`: the containers of the other two lists, which it may look into and not be named like. */
export function checkEphemeralContainers(
  errors: Errors,
  containers: Plain[],
  path: string,
  around: ContainerSurroundings,
  others: readonly Plain[],
): void {
  const names = new Set<string>(others.map((c) => c.name));
  const targets = new Set<string>(names);
  const why = 'cannot be set for an Ephemeral Container';
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    checkContainer(errors, container, at, around);
    checkImageSpace(errors, container, at);
    if (names.has(container.name)) errors.push(fieldDuplicate(`${at}.name`, container.name));
    else names.add(container.name);
    const target = container.targetContainerName;
    if (target && !targets.has(target)) {
      errors.push(fieldNotFound(`${at}.targetContainerName`, target));
    }
    for (const field of ephemeralForbidden) {
      if (isSet(container[field])) errors.push(fieldForbidden(`${at}.${field}`, why));
    }
    for (const [j, mount] of (container.volumeMounts ?? []).entries()) {
      for (const field of ['subPath', 'subPathExpr']) {
        if (mount[field]) errors.push(fieldForbidden(`${at}.volumeMounts[${j}].${field}`, why));
      }
    }
  }
}

/** Anything but nothing, an empty list and an object without fields. */
function isSet(value: unknown): boolean {
  if (value === undefined || value === null) return false;
  return typeof value !== 'object' || Object.keys(value).length > 0;
}

/** Pods only: templates with such images exist. */
export function checkImageSpace(errors: Errors, { image = '' }: Plain, path: string): void {
  if (image.trim() === image) return;
  const text = 'must not have leading or trailing whitespace';
  errors.push(fieldInvalid(`${path}.image`, image, text));
}

function checkContainer(
  errors: Errors,
  container: Plain,
  path: string,
  around: ContainerSurroundings,
): void {
  checkName(errors, container.name, `${path}.name`, dns1123LabelErrors);
  if (!container.image) errors.push(fieldRequired(`${path}.image`));
  checkOneOf(errors, container.terminationMessagePolicy, `${path}.terminationMessagePolicy`, [
    'File',
    'FallbackToLogsOnError',
  ]);
  checkContainerPorts(errors, container.ports ?? [], `${path}.ports`);
  checkEnvironment(errors, container.env ?? [], `${path}.env`);
  checkEnvironmentFrom(errors, container.envFrom ?? [], `${path}.envFrom`);
  checkVolumeMounts(errors, container, path, around.volumes);
  checkVolumeDevices(errors, container, path, around.volumes);
  checkOneOf(errors, container.imagePullPolicy, `${path}.imagePullPolicy`, [
    'Always',
    'IfNotPresent',
    'Never',
  ]);
  const { claimNames, allow } = around;
  const own = `${path}.resources`;
  checkContainerResources(errors, container.resources, own, claimNames, allow.partialHugePages);
  const resize: Plain[] = container.resizePolicy ?? [];
  checkResizePolicy(errors, resize, `${path}.resizePolicy`, around.restartPolicy);
  const at = `${path}.securityContext`;
  checkContainerSecurity(errors, container.securityContext, at, around.hostUsers);
}

function checkContainerPorts(errors: Errors, ports: Plain[], path: string): void {
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `${path}[${i}]`;
    if (port.name) {
      const before = errors.length;
      checkFormat(errors, port.name, `${at}.name`, portNameErrors);
      if (errors.length === before) {
        if (names.has(port.name)) errors.push(fieldDuplicate(`${at}.name`, port.name));
        names.add(port.name);
      }
    }
    if (!port.containerPort) errors.push(fieldRequired(`${at}.containerPort`));
    else checkPort(errors, port.containerPort, `${at}.containerPort`);
    if (port.hostPort) checkPort(errors, port.hostPort, `${at}.hostPort`);
    checkOneOf(errors, port.protocol, `${at}.protocol`, ['SCTP', 'TCP', 'UDP']);
  }
}

function checkHostPorts(errors: Errors, containers: Plain[], path: string): void {
  const taken = new Set<string>();
  for (const [i, container] of containers.entries()) {
    for (const [j, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      const at = `${path}[${i}].ports[${j}].hostPort`;
      if (taken.has(key)) errors.push(fieldDuplicate(at, key));
      taken.add(key);
    }
  }
}
