import {
  fieldInvalid,
  fieldNotFound,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
} from '../../../object/name.ts';
import { formatQuantity } from '../../../object/quantity.ts';
import { checkFormat, checkName, type Errors, setFields } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { environmentNameErrors } from '../port-format.ts';
import { nameValid } from '../../validation/metadata.ts';
import { configKeyErrors } from './config-data.ts';
import { checkNoBacksteps } from './local-path.ts';
import { eachContainer } from './pod-containers.ts';
import { isZeroQuantity, quantityOrUndefined } from './resources-validation.ts';

/** Environments of containers and what they are filled from (core validation, ValidateEnv and its like). */

const sources = ['fieldRef', 'resourceFieldRef', 'configMapKeyRef', 'secretKeyRef', 'fileKeyRef'];

/** What an environment can take from the pod itself, in the order upstream lists them. */
const environmentFields = [
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

export function checkEnvironment(errors: Errors, variables: Plain[], path: string): void {
  for (const [i, variable] of variables.entries()) {
    const at = `${path}[${i}]`;
    checkName(errors, variable.name, `${at}.name`, environmentNameErrors);
    const source = variable.valueFrom;
    if (source === undefined || source === null) continue;
    const from = `${at}.valueFrom`;
    checkSources(errors, source, from);
    const named = setFields(source, sources);
    if (named.length === 0) {
      const list = sources.slice(0, -1).map((s) => `\`${s}\``);
      const text = `must specify one of: ${list.join(', ')} or \`fileKeyRef\``;
      errors.push(fieldInvalid(from, '', text));
    } else if (variable.value) {
      errors.push(fieldInvalid(from, '', 'may not be specified when `value` is not empty'));
    } else if (named.length > 1) {
      errors.push(fieldInvalid(from, '', 'may not have more than one field specified at a time'));
    }
  }
}

function checkSources(errors: Errors, source: Plain, path: string): void {
  if (source.fieldRef != null) {
    checkFieldReference(errors, source.fieldRef, environmentFields, `${path}.fieldRef`);
  }
  if (source.resourceFieldRef != null) {
    checkResourceReference(errors, source.resourceFieldRef, `${path}.resourceFieldRef`, false);
  }
  for (const field of ['configMapKeyRef', 'secretKeyRef']) {
    const ref = source[field];
    if (ref == null) continue;
    checkFormat(errors, ref.name ?? '', `${path}.${field}.name`, dns1123SubdomainErrors);
    checkName(errors, ref.key, `${path}.${field}.key`, configKeyErrors);
  }
  if (source.fileKeyRef != null) {
    checkFileReference(errors, source.fileKeyRef, `${path}.fileKeyRef`);
  }
}

function checkFileReference(errors: Errors, ref: Plain, path: string): void {
  checkName(errors, ref.key, `${path}.key`, environmentNameErrors);
  checkName(errors, ref.volumeName, `${path}.volumeName`, dns1123LabelErrors);
  if (!ref.path) errors.push(fieldRequired(`${path}.path`));
  else checkNoBacksteps(errors, ref.path, `${path}.path`);
}

/** Files are read from an emptyDir, which an init container has filled (validateFileKeyRefVolumes). */
export function checkFileVolumes(errors: Errors, spec: Plain, path: string): void {
  const volumes: Plain[] = spec.volumes ?? [];
  for (const { container, path: at } of eachContainer(spec, path)) {
    for (const [i, { valueFrom }] of (container.env ?? []).entries()) {
      if (valueFrom?.fileKeyRef == null) continue;
      const name: string = valueFrom.fileKeyRef.volumeName ?? '';
      const own = `${at}.env[${i}].valueFrom.fileKeyRef.volumeName`;
      const volume = volumes.findLast((one) => (one.name ?? '') === name);
      if (volume === undefined) errors.push(fieldNotFound(own, name));
      else if (volume.emptyDir === undefined) {
        errors.push(fieldInvalid(own, name, 'referenced volume must be of type emptyDir'));
      }
    }
  }
}

/** Fields of a pod that something may refer to by name, whether or not it may here. */
const podFields = new Set([
  ...environmentFields,
  'metadata.annotations',
  'metadata.labels',
  'spec.host',
  'spec.restartPolicy',
  'spec.schedulerName',
  'status.phase',
]);

/** `supported`: what may be referred to in this place. */
export function checkFieldReference(
  errors: Errors,
  ref: Plain,
  supported: readonly string[],
  path: string,
): void {
  for (const field of ['apiVersion', 'fieldPath']) {
    if (ref[field]) continue;
    errors.push(fieldRequired(`${path}.${field}`));
    return;
  }
  const refuse = (why: string): unknown =>
    errors.push(
      fieldInvalid(`${path}.fieldPath`, ref.fieldPath, `error converting fieldPath: ${why}`),
    );
  if (ref.apiVersion !== 'v1') {
    refuse(`unsupported pod version: ${ref.apiVersion}`);
    return;
  }
  const [, whole = '', key = ''] = /^(.*)\['(.+)'\]$/.exec(ref.fieldPath) ?? [];
  if (whole === 'metadata.annotations') {
    checkFormat(errors, key.toLowerCase(), path, labelKeyErrors);
  } else if (whole === 'metadata.labels') checkFormat(errors, key, path, labelKeyErrors);
  else if (whole !== '') refuse(`field label does not support subscript: ${ref.fieldPath}`);
  else if (!podFields.has(ref.fieldPath)) refuse(`field label not supported: ${ref.fieldPath}`);
  else {
    const field = ref.fieldPath === 'spec.host' ? 'spec.nodeName' : ref.fieldPath;
    if (supported.includes(field)) return;
    errors.push(fieldNotSupported(`${path}.fieldPath`, field, supported));
  }
}

const resourceFields = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
];

/** Resources of a container; a volume, which is the pod's, has to say of which (`inVolume`). */
export function checkResourceReference(
  errors: Errors,
  ref: Plain,
  path: string,
  inVolume: boolean,
): void {
  const resource: string = ref.resource ?? '';
  const huge = /^(requests|limits)\.hugepages-/.test(resource);
  if (inVolume && !ref.containerName) errors.push(fieldRequired(`${path}.containerName`));
  else if (resource === '') errors.push(fieldRequired(`${path}.resource`));
  else if (!huge && !resourceFields.includes(resource)) {
    errors.push(fieldNotSupported(`${path}.resource`, resource, resourceFields));
  }
  checkDivisor(errors, resource, ref.divisor, `${path}.divisor`);
}

const byteDivisors = '1 1k 1M 1G 1T 1P 1E 1Ki 1Mi 1Gi 1Ti 1Pi 1Ei'.split(' ');

function checkDivisor(errors: Errors, resource: string, divisor: unknown, path: string): void {
  const quantity = divisor === undefined ? undefined : quantityOrUndefined(divisor);
  if (quantity === undefined || isZeroQuantity(quantity)) return;
  const text = formatQuantity(quantity);
  const kind = resource.replace(/^(requests|limits)\./, '').replace(/^hugepages-.*/, 'hugepages');
  if (kind === 'cpu') {
    if (text === '1m' || text === '1') return;
    const why = "only divisor's values 1m and 1 are supported with the cpu resource";
    errors.push(fieldInvalid(path, resource, why));
    return;
  }
  const names: Record<string, string> = {
    memory: 'memory',
    'ephemeral-storage': 'local ephemeral storage',
    hugepages: 'hugepages',
  };
  if (names[kind] === undefined || byteDivisors.includes(text)) return;
  const why = `only divisor's values ${byteDivisors.join(', ')} are supported with the ${names[kind]} resource`;
  errors.push(fieldInvalid(path, resource, why));
}

/** Upstream takes the name of what fills an environment as if it were the beginning of one. */
const prefixErrors = (name: string) => nameValid('dns-subdomain', name, true);

export function checkEnvironmentFrom(errors: Errors, list: Plain[], path: string): void {
  for (const [i, source] of list.entries()) {
    const at = `${path}[${i}]`;
    if (source.prefix) checkFormat(errors, source.prefix, `${at}.prefix`, environmentNameErrors);
    const named = setFields(source, ['configMapRef', 'secretRef']);
    for (const field of named) {
      checkName(errors, source[field].name, `${at}.${field}.name`, prefixErrors);
    }
    if (named.length === 0) {
      errors.push(fieldInvalid(path, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (named.length > 1) {
      errors.push(fieldInvalid(path, '', 'may not have more than one field specified at a time'));
    }
  }
}
