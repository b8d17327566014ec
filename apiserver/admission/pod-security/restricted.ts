import { type Check, seccompBaseline, setters } from './baseline.ts';
import { type Container, containersOf, namedContainers, quoted } from './pod.ts';

/**
 * The checks of the restricted level: current best practice for pods that need nothing special.
 * Source: k8s.io/pod-security-admission policy/check_*.go.
 */

const volumeTypes = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'image',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

export const allowPrivilegeEscalation: Check = (pod) => {
  const found = containersOf(pod.spec).filter(
    (c) => c.securityContext?.allowPrivilegeEscalation !== false,
  );
  if (found.length === 0) return undefined;
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${namedContainers(found)} must set securityContext.allowPrivilegeEscalation=false`,
  };
};

export const capabilities: Check = (pod) => {
  const all = containersOf(pod.spec);
  const keeps = all.filter((c) => c.securityContext?.capabilities?.drop?.includes('ALL') !== true);
  const extra = (c: Container) =>
    (c.securityContext?.capabilities?.add ?? []).filter((one) => one !== 'NET_BIND_SERVICE');
  const adds = all.filter((c) => extra(c).length > 0);
  const details = [
    ...(keeps.length > 0
      ? [`${namedContainers(keeps)} must set securityContext.capabilities.drop=["ALL"]`]
      : []),
    ...(adds.length > 0
      ? [
          `${namedContainers(adds)} must not include ${quoted(adds.flatMap(extra))} in securityContext.capabilities.add`,
        ]
      : []),
  ];
  if (details.length === 0) return undefined;
  return { reason: 'unrestricted capabilities', detail: details.join('; ') };
};

export const volumes: Check = ({ spec }) => {
  const types = new Set<string>();
  const names: string[] = [];
  for (const { name, ...sources } of spec.volumes ?? []) {
    const odd = Object.keys(sources).filter(
      (type) => sources[type] !== undefined && !volumeTypes.has(type),
    );
    if (odd.length === 0) continue;
    names.push(JSON.stringify(name));
    for (const type of odd) types.add(type);
  }
  if (names.length === 0) return undefined;
  const subject = names.length === 1 ? 'volume' : 'volumes';
  const verb = names.length === 1 ? 'uses' : 'use';
  const noun = types.size === 1 ? 'restricted volume type' : 'restricted volume types';
  return {
    reason: 'restricted volume types',
    detail: `${subject} ${names.join(', ')} ${verb} ${noun} ${quoted(types)}`,
  };
};

export const runAsNonRoot: Check = (pod) => {
  const own = pod.spec.securityContext?.runAsNonRoot;
  const all = containersOf(pod.spec);
  const explicit = all.filter((c) => c.securityContext?.runAsNonRoot === false);
  const unset = all.filter((c) => c.securityContext?.runAsNonRoot === undefined);
  const reason = 'runAsNonRoot != true';
  if (own === false || explicit.length > 0) {
    const who = setters(own === false, explicit);
    return { reason, detail: `${who} must not set securityContext.runAsNonRoot=false` };
  }
  if (own === true || unset.length === 0) return undefined;
  const who = `pod or ${namedContainers(unset)}`;
  return { reason, detail: `${who} must set securityContext.runAsNonRoot=true` };
};

export const runAsUser: Check = (pod) => {
  const own = pod.spec.securityContext?.runAsUser === 0;
  const containers = containersOf(pod.spec).filter((c) => c.securityContext?.runAsUser === 0);
  if (!own && containers.length === 0) return undefined;
  return { reason: 'runAsUser=0', detail: `${setters(own, containers)} must not set runAsUser=0` };
};

export const seccomp: Check = (pod) => {
  const explicit = seccompBaseline(pod);
  if (explicit !== undefined) return explicit;
  if (pod.spec.securityContext?.seccompProfile !== undefined) return undefined;
  const unset = containersOf(pod.spec).filter(
    (c) => c.securityContext?.seccompProfile === undefined,
  );
  if (unset.length === 0) return undefined;
  return {
    reason: 'seccompProfile',
    detail: `pod or ${namedContainers(unset)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"`,
  };
};
