import type { KubeObject } from '../../../object/object.ts';
import { type ResourceFieldRef, resourceField } from './resource-field.ts';

/** A container's environment, and `$(NAME)` in its command, as the kubelet makes them. */
export interface EnvironmentSources {
  pod: KubeObject;
  podIP: string;
  hostIP: string;
  /** What the node has. */
  allocatable: Readonly<Record<string, string>>;
  secret(name: string): KubeObject | undefined;
  configMap(name: string): KubeObject | undefined;
}

interface EnvVar {
  name: string;
  value?: string;
  valueFrom?: {
    fieldRef?: { fieldPath: string };
    resourceFieldRef?: ResourceFieldRef;
    secretKeyRef?: KeyRef;
    configMapKeyRef?: KeyRef;
    fileKeyRef?: object;
  };
}
interface KeyRef {
  name: string;
  key: string;
  optional?: boolean;
}
interface EnvFrom {
  prefix?: string;
  configMapRef?: { name: string; optional?: boolean };
  secretRef?: { name: string; optional?: boolean };
}

export interface ContainerSpec {
  name: string;
  image: string;
  command?: string[];
  args?: string[];
  workingDir?: string;
  env?: EnvVar[];
  envFrom?: EnvFrom[];
  [field: string]: unknown;
}

/** Throws with the kubelet's words when something it names is missing (CreateContainerConfigError). */
export function containerEnvironment(
  container: ContainerSpec,
  sources: EnvironmentSources,
  base: Record<string, string>,
): Record<string, string> {
  const environment: Record<string, string> = { ...base };
  for (const from of container.envFrom ?? []) Object.assign(environment, envFrom(from, sources));
  for (const variable of container.env ?? []) {
    const value = valueOf(variable, container, sources, environment);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

/** Kubernetes' expansion: `$(NAME)`, `$$` for a dollar; an unknown name stays as it is written. */
export function expand(text: string, environment: Readonly<Record<string, string>>): string {
  return text.replace(/\$(\$|\(([A-Za-z_][A-Za-z0-9_.-]*)\))/g, (whole, sign, name) => {
    if (sign === '$') return '$';
    return Object.hasOwn(environment, name) ? (environment[name] ?? '') : whole;
  });
}

function envFrom(from: EnvFrom, sources: EnvironmentSources): Record<string, string> {
  const ref = from.secretRef ?? from.configMapRef;
  if (ref === undefined) return {};
  const isSecret = from.secretRef !== undefined;
  const object = isSecret ? sources.secret(ref.name) : sources.configMap(ref.name);
  if (object === undefined) {
    if (ref.optional === true) return {};
    throw new Error(`${isSecret ? 'secret' : 'configmap'} "${ref.name}" not found`);
  }
  const entries = Object.keys(object.data ?? {}).map((key) => [
    `${from.prefix ?? ''}${key}`,
    dataOf(object, key) ?? '',
  ]);
  return Object.fromEntries(entries);
}

function valueOf(
  { name, value, valueFrom }: EnvVar,
  container: ContainerSpec,
  sources: EnvironmentSources,
  environment: Record<string, string>,
): string | undefined {
  if (valueFrom === undefined) return expand(value ?? '', environment);
  const { fieldRef, resourceFieldRef, secretKeyRef, configMapKeyRef } = valueFrom;
  if (fieldRef !== undefined) return podField(fieldRef.fieldPath, sources);
  if (resourceFieldRef !== undefined) {
    return resourceField(container, resourceFieldRef, sources.allocatable);
  }
  if (secretKeyRef !== undefined) {
    return keyOf('secret', secretKeyRef, sources.secret(secretKeyRef.name));
  }
  if (configMapKeyRef !== undefined) {
    return keyOf('configmap', configMapKeyRef, sources.configMap(configMapKeyRef.name));
  }
  const unsupported = Object.keys(valueFrom).join(', ');
  throw new Error(`env ${name}: ${unsupported} is not supported by the local mode`);
}

function keyOf(kind: string, ref: KeyRef, object: KubeObject | undefined): string | undefined {
  const value = object === undefined ? undefined : dataOf(object, ref.key);
  if (value !== undefined || ref.optional === true) return value;
  if (object === undefined) throw new Error(`${kind} "${ref.name}" not found`);
  throw new Error(`couldn't find key ${ref.key} in ${kind} ${ref.name}`);
}

function dataOf(object: KubeObject, key: string): string | undefined {
  const value: string | undefined = object.data?.[key];
  if (value === undefined || object.kind !== 'Secret') return value;
  return Buffer.from(value, 'base64').toString('utf8');
}

/** The fields that `fieldRef` and the downward API volume may name. Throws on any other. */
export function podField(
  path: string,
  sources: Omit<EnvironmentSources, 'allocatable' | 'secret' | 'configMap'>,
) {
  const { pod, podIP, hostIP } = sources;
  const { metadata, spec } = pod;
  const subscript = /^metadata\.(labels|annotations)\['(.*)'\]$/.exec(path);
  if (subscript !== null) {
    const [, field, key = ''] = subscript;
    return metadata[field as 'labels' | 'annotations']?.[key] ?? '';
  }
  const fields: Record<string, string> = {
    'metadata.name': metadata.name ?? '',
    'metadata.namespace': metadata.namespace ?? '',
    'metadata.uid': metadata.uid ?? '',
    'metadata.labels': pairs(metadata.labels),
    'metadata.annotations': pairs(metadata.annotations),
    'spec.nodeName': spec?.nodeName ?? '',
    'spec.serviceAccountName': spec?.serviceAccountName ?? '',
    'status.podIP': podIP,
    'status.podIPs': podIP,
    'status.hostIP': hostIP,
    'status.hostIPs': hostIP,
  };
  const value = fields[path];
  if (value === undefined) throw new Error(`unsupported fieldPath: ${path}`);
  return value;
}

function pairs(map: Record<string, string> | undefined): string {
  const lines = Object.entries(map ?? {}).map(([key, value]) => `${key}=${JSON.stringify(value)}`);
  return lines.sort().join('\n');
}
