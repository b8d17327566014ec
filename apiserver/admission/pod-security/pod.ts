import type { KubeObject } from '../../../object/object.ts';

/** What the Pod Security checks read of a pod. */

export interface SecurityContext {
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  runAsNonRoot?: boolean;
  runAsUser?: number;
  procMount?: string;
  capabilities?: { add?: string[]; drop?: string[] };
  seccompProfile?: { type: string };
  appArmorProfile?: { type: string };
  seLinuxOptions?: { type?: string; user?: string; role?: string };
  windowsOptions?: { hostProcess?: boolean };
  sysctls?: { name: string }[];
}

interface Handler {
  httpGet?: { host?: string };
  tcpSocket?: { host?: string };
}

export interface Container {
  name: string;
  securityContext?: SecurityContext;
  ports?: { hostPort?: number }[];
  livenessProbe?: Handler;
  readinessProbe?: Handler;
  startupProbe?: Handler;
  lifecycle?: { postStart?: Handler; preStop?: Handler };
}

export interface PodSpec {
  containers?: Container[];
  initContainers?: Container[];
  ephemeralContainers?: Container[];
  volumes?: ({ name: string } & Record<string, unknown>)[];
  securityContext?: SecurityContext;
  runtimeClassName?: string;
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  hostUsers?: boolean;
  os?: { name: string };
}

export interface PodTemplate {
  metadata: KubeObject['metadata'];
  spec: PodSpec;
}

export function containersOf(spec: PodSpec): Container[] {
  return [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ];
}

/** The pod an object is or makes; undefined when it makes none. */
export function podTemplateOf(object: KubeObject | undefined): PodTemplate | undefined {
  if (object === undefined) return undefined;
  if (object.kind === 'Pod') return { metadata: object.metadata, spec: object.spec ?? {} };
  const template =
    object.kind === 'PodTemplate'
      ? object.template
      : object.kind === 'CronJob'
        ? object.spec?.jobTemplate?.spec?.template
        : object.spec?.template;
  if (template?.spec === undefined) return undefined;
  return { metadata: template.metadata ?? {}, spec: template.spec };
}

/** `container "a"`, `containers "a", "b"`. */
export function namedContainers(containers: readonly Container[]): string {
  const names = containers.map(({ name }) => JSON.stringify(name)).join(', ');
  return `${containers.length === 1 ? 'container' : 'containers'} ${names}`;
}

export function quoted(values: Iterable<string>): string {
  return [...new Set(values)]
    .toSorted()
    .map((value) => JSON.stringify(value))
    .join(', ');
}
