import { type Container, containersOf, namedContainers, type PodTemplate, quoted } from './pod.ts';

/** What a check found, or undefined when the pod passes. */
export interface Violation {
  reason: string;
  detail: string;
}

export type Check = (pod: PodTemplate) => Violation | undefined;

/**
 * The baseline level: no known ways to more privilege. In the order in which they are reported.
 * Source: k8s.io/pod-security-admission policy/check_*.go, v1.36.
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
const safeSysctls = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
]);
const safeSeLinuxTypes = new Set([
  '',
  'container_t',
  'container_init_t',
  'container_kvm_t',
  'container_engine_t',
]);
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

const appArmor: Check = (pod) => {
  const details: string[] = [];
  const forbidden = (type: string | undefined) =>
    type !== undefined && type !== 'RuntimeDefault' && type !== 'Localhost';
  const own = pod.spec.securityContext?.appArmorProfile?.type;
  const types = new Set<string>();
  if (forbidden(own)) types.add(own as string);
  const containers = bad(pod, (c) => forbidden(c.securityContext?.appArmorProfile?.type));
  for (const c of containers) types.add(c.securityContext?.appArmorProfile?.type as string);
  if (types.size > 0) {
    details.push(
      `${setters(forbidden(own), containers)} must not set AppArmor profile type to ${quoted(types)}`,
    );
  }
  for (const [key, value] of Object.entries(pod.metadata.annotations ?? {})) {
    if (!key.startsWith(appArmorPrefix)) continue;
    if (value === '' || value === 'runtime/default' || value.startsWith('localhost/')) continue;
    details.push(`annotation[${JSON.stringify(key)}] must not be ${JSON.stringify(value)}`);
  }
  if (details.length === 0) return undefined;
  const reason = types.size > 1 ? 'forbidden AppArmor profiles' : 'forbidden AppArmor profile';
  return { reason, detail: details.join(', ') };
};

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

const hostNamespaces: Check = ({ spec }) => {
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

const hostPorts: Check = (pod) => {
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

const hostProbes: Check = (pod) => {
  const hosts = ({ livenessProbe, readinessProbe, startupProbe, lifecycle }: Container) =>
    [livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]
      .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
      .filter(
        (host): host is string =>
          host !== undefined && host !== '' && host !== '127.0.0.1' && host !== '::1',
      );
  const found = bad(pod, (c) => hosts(c).length > 0);
  const all = found.flatMap(hosts);
  const verb = found.length === 1 ? 'uses' : 'use';
  const noun = new Set(all).size === 1 ? 'probe or lifecycle host' : 'probe or lifecycle hosts';
  return listed(found, 'probe or lifecycle host', `${verb} ${noun} ${quoted(all)}`);
};

const privileged: Check = (pod) =>
  listed(
    bad(pod, (c) => c.securityContext?.privileged === true),
    'privileged',
    'must not set securityContext.privileged=true',
  );

const procMount: Check = (pod) => {
  if (pod.spec.hostUsers === false) return undefined;
  const odd = (c: Container) => {
    const mount = c.securityContext?.procMount;
    return mount !== undefined && mount !== 'Default';
  };
  const found = bad(pod, odd);
  const mounts = quoted(found.map((c) => c.securityContext?.procMount ?? ''));
  return listed(found, 'procMount', `must not set securityContext.procMount to ${mounts}`);
};

const seLinuxOptions: Check = (pod) => {
  const types = new Set<string>();
  const also = new Set<string>();
  const forbidden = (options: { type?: string; user?: string; role?: string } | undefined) => {
    if (options === undefined) return false;
    const badType = !safeSeLinuxTypes.has(options.type ?? '');
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

const sysctls: Check = ({ spec }) => {
  const names = (spec.securityContext?.sysctls ?? [])
    .map(({ name }) => name)
    .filter((name) => !safeSysctls.has(name));
  if (names.length === 0) return undefined;
  return { reason: 'forbidden sysctls', detail: names.join(', ') };
};

const windowsHostProcess: Check = (pod) => {
  const own = pod.spec.securityContext?.windowsOptions?.hostProcess === true;
  const containers = bad(pod, (c) => c.securityContext?.windowsOptions?.hostProcess === true);
  if (!own && containers.length === 0) return undefined;
  return {
    reason: 'hostProcess',
    detail: `${setters(own, containers)} must not set securityContext.windowsOptions.hostProcess=true`,
  };
};

export const baselineChecks: readonly Check[] = [
  appArmor,
  capabilitiesBaseline,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seLinuxOptions,
  seccompBaseline,
  sysctls,
  windowsHostProcess,
];
