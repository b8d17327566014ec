import { type Container, containersOf, namedContainers, type PodTemplate, quoted } from './pod.ts';

/** What a check found, or undefined when the pod passes. */
export interface Violation {
  reason: string;
  detail: string;
}

export type Check = (pod: PodTemplate) => Violation | undefined;

/**
 * The checks of the baseline level: no known ways to more privilege.
 * Source: k8s.io/pod-security-admission policy/check_*.go.
 */

const defaultCapabilities = new Set([
  'AUDIT_WRITE',
  'CHOWN',
  'DAC_OVERRIDE',
  'FOWNER',
  'FSETID',
  'KILL',
  'MKNOD',
  'NET_BIND_SERVICE',
  'SETFCAP',
  'SETGID',
  'SETPCAP',
  'SETUID',
  'SYS_CHROOT',
]);
/** By the minor version from which on they are allowed. */
const safeSysctls: Record<string, number> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
};
const safeSeLinuxTypes: Record<string, number> = {
  '': 0,
  container_t: 0,
  container_init_t: 0,
  container_kvm_t: 0,
  container_engine_t: 31,
};
const appArmorPrefix = 'container.apparmor.security.beta.kubernetes.io/';

function bad(pod: PodTemplate, test: (container: Container) => boolean): Container[] {
  return containersOf(pod.spec).filter(test);
}

function listed(found: readonly Container[], reason: string, rest: string): Violation | undefined {
  if (found.length === 0) return undefined;
  return { reason, detail: `${namedContainers(found)} ${rest}` };
}

/** `pod`, `container "a"` or `pod and container "a"`, followed by what they do. */
export function setters(pod: boolean, containers: readonly Container[]): string {
  return [
    ...(pod ? ['pod'] : []),
    ...(containers.length > 0 ? [namedContainers(containers)] : []),
  ].join(' and ');
}

export const appArmor: Check = (pod) => {
  const forbidden = (type: string | undefined) =>
    type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const own = pod.spec.securityContext?.appArmorProfile?.type;
  const containers = bad(pod, (c) => forbidden(c.securityContext?.appArmorProfile?.type));
  const types = new Set(containers.map((c) => c.securityContext?.appArmorProfile?.type ?? ''));
  if (forbidden(own)) types.add(own ?? '');
  const annotations = Object.entries(pod.metadata.annotations ?? {})
    .filter(([key, value]) => key.startsWith(appArmorPrefix) && !isSafeProfile(value))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .toSorted();
  const values = [...[...types].toSorted(), ...annotations];
  if (values.length === 0) return undefined;
  const noun = annotations.length === 1 ? 'annotation' : 'annotations';
  const who = [setters(forbidden(own), containers), annotations.length > 0 ? noun : '']
    .filter(Boolean)
    .join(' and ');
  return {
    reason: values.length > 1 ? 'forbidden AppArmor profiles' : 'forbidden AppArmor profile',
    detail: `${who} must not set AppArmor profile type to ${values.map((one) => `"${one}"`).join(', ')}`,
  };
};

function isSafeProfile(value: string): boolean {
  return value === '' || value === 'runtime/default' || value.startsWith('localhost/');
}

export const capabilitiesBaseline: Check = (pod) => {
  const extra = ({ securityContext }: Container) =>
    (securityContext?.capabilities?.add ?? []).filter((one) => !defaultCapabilities.has(one));
  const found = bad(pod, (c) => extra(c).length > 0);
  const names = quoted(found.flatMap(extra));
  return listed(
    found,
    'non-default capabilities',
    `must not include ${names} in securityContext.capabilities.add`,
  );
};

export const hostNamespaces: Check = ({ spec }) => {
  const used = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter(
    (field) => spec[field] === true,
  );
  if (used.length === 0) return undefined;
  return { reason: 'host namespaces', detail: used.map((field) => `${field}=true`).join(', ') };
};

export const hostPathVolumes: Check = ({ spec }) => {
  const names = (spec.volumes ?? [])
    .filter((v) => v.hostPath !== undefined)
    .map((v) => JSON.stringify(v.name));
  if (names.length === 0) return undefined;
  return {
    reason: 'hostPath volumes',
    detail: `${names.length === 1 ? 'volume' : 'volumes'} ${names.join(', ')}`,
  };
};

export const hostPorts: Check = (pod) => {
  const ports = (c: Container) =>
    (c.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [hostPort] : []));
  const found = bad(pod, (c) => ports(c).length > 0);
  const all = [...new Set(found.flatMap(ports))].map(String).toSorted();
  const verb = found.length === 1 ? 'uses' : 'use';
  return listed(
    found,
    'hostPort',
    `${verb} ${all.length === 1 ? 'hostPort' : 'hostPorts'} ${all.join(', ')}`,
  );
};

export const hostProbes: Check = (pod) => {
  const hosts = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
      .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
      .filter((host): host is string => host !== undefined && host !== '');
  const found = bad(pod, (c) => hosts(c).length > 0).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const all = found.flatMap(hosts);
  const verb = found.length === 1 ? 'uses' : 'use';
  const noun = new Set(all).size === 1 ? 'probe or lifecycle host' : 'probe or lifecycle hosts';
  return listed(found, 'probe or lifecycle host', `${verb} ${noun} ${quoted(all)}`);
};

export const privileged: Check = (pod) =>
  listed(
    bad(pod, (c) => c.securityContext?.privileged === true),
    'privileged',
    'must not set securityContext.privileged=true',
  );

export const procMount: Check = (pod) => {
  const odd = (c: Container) => {
    const mount = c.securityContext?.procMount;
    return mount !== undefined && mount !== 'Default';
  };
  const found = bad(pod, odd);
  const mounts = quoted(found.map((c) => c.securityContext?.procMount ?? ''));
  return listed(found, 'procMount', `must not set securityContext.procMount to ${mounts}`);
};

export const seLinuxOptions =
  (minor: number): Check =>
  (pod) => {
    const types = new Set<string>();
    const also = new Set<string>();
    const forbidden = (options: { type?: string; user?: string; role?: string } | undefined) => {
      if (options === undefined) return false;
      const badType = !isSince(safeSeLinuxTypes, options.type ?? '', minor);
      if (badType) types.add(options.type as string);
      if (options.user) also.add('user may not be set');
      if (options.role) also.add('role may not be set');
      return badType || Boolean(options.user) || Boolean(options.role);
    };
    const own = forbidden(pod.spec.securityContext?.seLinuxOptions);
    const containers = bad(pod, (c) => forbidden(c.securityContext?.seLinuxOptions));
    if (!own && containers.length === 0) return undefined;
    const what = [
      ...(types.size > 0 ? [`${types.size === 1 ? 'type' : 'types'} ${quoted(types)}`] : []),
      ...['user may not be set', 'role may not be set'].filter((text) => also.has(text)),
    ].join('; ');
    return {
      reason: 'seLinuxOptions',
      detail: `${setters(own, containers)} set forbidden securityContext.seLinuxOptions: ${what}`,
    };
  };

const seccompPodKey = 'seccomp.security.alpha.kubernetes.io/pod';
const seccompContainerKey = 'container.seccomp.security.alpha.kubernetes.io/';

/** Before there was a field. */
export const seccompAnnotations: Check = ({ metadata, spec }) => {
  const keys = [
    seccompPodKey,
    ...containersOf(spec).map(({ name }) => `${seccompContainerKey}${name}`),
  ];
  const found = keys.flatMap((key) => {
    const value = metadata.annotations?.[key];
    const safe = value === undefined || value === 'docker/default' || value === 'runtime/default';
    return safe || value.startsWith('localhost/') ? [] : [`${key}=${JSON.stringify(value)}`];
  });
  if (found.length === 0) return undefined;
  const all = [...new Set(found)].toSorted();
  const noun = all.length === 1 ? 'annotation' : 'annotations';
  return { reason: 'seccompProfile', detail: `forbidden ${noun} ${all.join(', ')}` };
};

export const seccompBaseline: Check = (pod) => {
  const forbidden = (type: string | undefined) =>
    type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const own = pod.spec.securityContext?.seccompProfile?.type;
  const containers = bad(pod, (c) => forbidden(c.securityContext?.seccompProfile?.type));
  if (!forbidden(own) && containers.length === 0) return undefined;
  const types = containers.map((c) => c.securityContext?.seccompProfile?.type ?? '');
  if (forbidden(own)) types.push(own as string);
  return {
    reason: 'seccompProfile',
    detail: `${setters(forbidden(own), containers)} must not set securityContext.seccompProfile.type to ${quoted(types)}`,
  };
};

export const sysctls =
  (minor: number): Check =>
  ({ spec }) => {
    const names = (spec.securityContext?.sysctls ?? [])
      .map(({ name }) => name)
      .filter((name) => !isSince(safeSysctls, name, minor));
    if (names.length === 0) return undefined;
    return { reason: 'forbidden sysctls', detail: names.join(', ') };
  };

export const windowsHostProcess: Check = (pod) => {
  const own = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const containers = bad(pod, (c) => c.securityContext?.windowsOptions?.hostProcess === true);
  if (!own && containers.length === 0) return undefined;
  return {
    reason: 'hostProcess',
    detail: `${setters(own, containers)} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};

function isSince(table: Readonly<Record<string, number>>, name: string, minor: number): boolean {
  return Object.hasOwn(table, name) && (table[name] ?? 0) <= minor;
}
