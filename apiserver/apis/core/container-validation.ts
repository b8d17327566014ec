import {
  fieldDuplicate,
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { dns1123LabelErrors } from '../../../object/name.ts';
import {
  checkFormat,
  checkName,
  checkOneOf,
  checkPort,
  type Errors,
  setFields,
} from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { environmentNameErrors, portNameErrors } from '../port-format.ts';
import { checkLifecycle, checkProbes } from './probe-validation.ts';
import { checkContainerResources } from './resources-validation.ts';
import { checkContainerSecurity } from './security-context-validation.ts';
import { checkVolumeDevices, checkVolumeMounts } from './volume-validation.ts';

/** The containers of a pod spec (core validation, validateContainers and its like). */

export interface ContainerSurroundings {
  volumes: ReadonlyMap<string, Plain>;
  claimNames: ReadonlySet<string>;
  /** The pod's terminationGracePeriodSeconds. */
  gracePeriod: number;
  restartPolicy: string;
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

/** `regular` are the names of the containers: no init container may repeat one. */
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
    if (names.has(container.name)) errors.push(fieldDuplicate(`${at}.name`, container.name));
    else if (container.name) names.add(container.name);
    checkHostPorts(errors, [container], path, i);
    if (container.restartPolicy === 'Always') {
      checkLifecycle(errors, container.lifecycle, `${at}.lifecycle`, around.gracePeriod);
      checkProbes(errors, container, at);
      continue;
    }
    checkRestartPolicy(errors, container, at);
    for (const field of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe']) {
      if (container[field] === undefined) continue;
      const why = 'may not be set for init containers without restartPolicy=Always';
      errors.push(fieldForbidden(`${at}.${field}`, why));
    }
  }
}

const ephemeralForbidden = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
];

export function checkEphemeralContainers(
  errors: Errors,
  containers: Plain[],
  path: string,
  around: ContainerSurroundings,
  others: readonly Plain[],
): void {
  const names = new Set<string>(others.map((c) => c.name));
  const targets = new Set<string>(names);
  for (const [i, container] of containers.entries()) {
    const at = `${path}[${i}]`;
    checkContainer(errors, container, at, around);
    if (names.has(container.name)) errors.push(fieldDuplicate(`${at}.name`, container.name));
    else names.add(container.name);
    const target = container.targetContainerName;
    if (target !== undefined && target !== '' && !targets.has(target)) {
      errors.push({
        reason: 'FieldValueNotFound',
        message: `Not found: ${JSON.stringify(target)}`,
        field: `${at}.targetContainerName`,
      });
    }
    for (const field of ephemeralForbidden) {
      const value = container[field];
      if (value === undefined || (Array.isArray(value) && value.length === 0)) continue;
      errors.push(fieldForbidden(`${at}.${field}`, 'cannot be set for an Ephemeral Container'));
    }
    if (setFields(container.resources ?? {}, ['limits', 'requests', 'claims']).length > 0) {
      errors.push(fieldForbidden(`${at}.resources`, 'cannot be set for an Ephemeral Container'));
    }
    for (const [j, mount] of (container.volumeMounts ?? []).entries()) {
      for (const field of ['subPath', 'subPathExpr']) {
        if (!mount[field]) continue;
        const why = 'cannot be set for an Ephemeral Container';
        errors.push(fieldForbidden(`${at}.volumeMounts[${j}].${field}`, why));
      }
    }
  }
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
  checkContainerResources(errors, container.resources, `${path}.resources`, around.claimNames);
  checkContainerSecurity(errors, container.securityContext, `${path}.securityContext`);
}

/** Regular and plain init containers: Always is for sidecars, the others need rules they do not break. */
function checkRestartPolicy(errors: Errors, container: Plain, path: string): void {
  const policy = container.restartPolicy;
  if (policy === undefined) return;
  const supported = ['Always', 'Never', 'OnFailure'];
  if (!supported.includes(policy)) {
    errors.push(fieldNotSupported(`${path}.restartPolicy`, policy, supported));
  }
}

function checkContainerPorts(errors: Errors, ports: Plain[], path: string): void {
  const names = new Set<string>();
  for (const [i, port] of ports.entries()) {
    const at = `${path}[${i}]`;
    if (port.name) {
      const found = portNameErrors(port.name);
      for (const message of found) errors.push(fieldInvalid(`${at}.name`, port.name, message));
      if (found.length === 0) {
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

function checkHostPorts(errors: Errors, containers: Plain[], path: string, first = 0): void {
  const taken = new Set<string>();
  for (const [i, container] of containers.entries()) {
    for (const [j, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue;
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`;
      const at = `${path}[${first + i}].ports[${j}].hostPort`;
      if (taken.has(key)) errors.push(fieldDuplicate(at, key));
      taken.add(key);
    }
  }
}

const environmentSources = [
  'fieldRef',
  'resourceFieldRef',
  'configMapKeyRef',
  'secretKeyRef',
  'fileKeyRef',
];
const fieldPaths = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function checkEnvironment(errors: Errors, variables: Plain[], path: string): void {
  for (const [i, variable] of variables.entries()) {
    const at = `${path}[${i}]`;
    checkName(errors, variable.name, `${at}.name`, environmentNameErrors);
    const source = variable.valueFrom;
    if (source === undefined) continue;
    const from = `${at}.valueFrom`;
    const named = setFields(source, environmentSources);
    if (named.length === 0) {
      const list = environmentSources.slice(0, -1).map((s) => `\`${s}\``);
      errors.push(
        fieldInvalid(from, '', `must specify one of: ${list.join(', ')} or \`fileKeyRef\``),
      );
    } else if (variable.value) {
      errors.push(fieldInvalid(from, '', 'may not be specified when `value` is not empty'));
    } else if (named.length > 1) {
      errors.push(fieldInvalid(from, '', 'may not have more than one field specified at a time'));
    }
    checkEnvironmentSource(errors, source, from);
  }
}

function checkEnvironmentSource(errors: Errors, source: Plain, path: string): void {
  if (source.fieldRef !== undefined)
    checkFieldReference(errors, source.fieldRef, `${path}.fieldRef`);
  for (const ref of ['configMapKeyRef', 'secretKeyRef']) {
    const value = source[ref];
    if (value === undefined) continue;
    if (!value.name) errors.push(fieldRequired(`${path}.${ref}.name`));
    if (!value.key) errors.push(fieldRequired(`${path}.${ref}.key`));
  }
  const resource = source.resourceFieldRef;
  if (resource !== undefined && !resource.resource) {
    errors.push(fieldRequired(`${path}.resourceFieldRef.resource`));
  }
}

function checkFieldReference(errors: Errors, ref: Plain, path: string): void {
  if (!ref.apiVersion) {
    errors.push(fieldRequired(`${path}.apiVersion`));
    return;
  }
  if (!ref.fieldPath) {
    errors.push(fieldRequired(`${path}.fieldPath`));
    return;
  }
  if (/^metadata\.(annotations|labels)\['.+'\]$/.test(ref.fieldPath)) return;
  if (!fieldPaths.includes(ref.fieldPath)) {
    errors.push(fieldNotSupported(`${path}.fieldPath`, ref.fieldPath, fieldPaths));
  }
}

function checkEnvironmentFrom(errors: Errors, sources: Plain[], path: string): void {
  for (const [i, source] of sources.entries()) {
    const at = `${path}[${i}]`;
    if (source.prefix) checkFormat(errors, source.prefix, `${at}.prefix`, environmentNameErrors);
    const named = setFields(source, ['configMapRef', 'secretRef']);
    for (const ref of named) {
      if (!source[ref].name) errors.push(fieldRequired(`${at}.${ref}.name`));
    }
    if (named.length === 0) {
      errors.push(fieldInvalid(at, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (named.length > 1) {
      errors.push(fieldInvalid(at, '', 'may not have more than one field specified at a time'));
    }
  }
}
