/**
 * The order in which groups and versions are shown, highest first: what upstream writes into the
 * APIService objects of its own groups (pkg/controlplane/apiserver/aggregator.go and
 * pkg/controlplane/instance.go). kubectl takes the first group that has a resource of the name
 * asked for, so the order is part of the contract.
 */
export interface GroupVersionPriority {
  group: number;
  version: number;
}

const byGroup: Record<string, GroupVersionPriority> = {
  '': { group: 18000, version: 1 },
  'apiregistration.k8s.io': { group: 18000, version: 1 },
  apps: { group: 17800, version: 15 },
  'events.k8s.io': { group: 17750, version: 15 },
  'authentication.k8s.io': { group: 17700, version: 15 },
  'authorization.k8s.io': { group: 17600, version: 15 },
  autoscaling: { group: 17500, version: 15 },
  batch: { group: 17400, version: 15 },
  'certificates.k8s.io': { group: 17300, version: 15 },
  'networking.k8s.io': { group: 17200, version: 15 },
  policy: { group: 17100, version: 15 },
  'rbac.authorization.k8s.io': { group: 17000, version: 15 },
  'storage.k8s.io': { group: 16800, version: 15 },
  'admissionregistration.k8s.io': { group: 16700, version: 15 },
  'apiextensions.k8s.io': { group: 16700, version: 15 },
  'scheduling.k8s.io': { group: 16600, version: 15 },
  'coordination.k8s.io': { group: 16500, version: 15 },
  'node.k8s.io': { group: 16300, version: 15 },
  'discovery.k8s.io': { group: 16200, version: 15 },
  'resource.k8s.io': { group: 16200, version: 20 },
  'flowcontrol.apiserver.k8s.io': { group: 16100, version: 21 },
};

/** Custom resources: pkg/controlplane/controller/crdregistration. */
const customPriority: GroupVersionPriority = { group: 1000, version: 100 };

/** The priority of a group version that no APIService says otherwise about. */
export function groupVersionPriority(group: string, version: string): GroupVersionPriority {
  if (group === 'autoscaling' && version === 'v2') return { group: 17500, version: 30 };
  return byGroup[group] ?? customPriority;
}

/**
 * Kubernetes version order, the more stable and then the newer first: v10, v2, v1, v2beta1,
 * v1alpha1, then anything else by name (k8s.io/apimachinery version CompareKubeAwareVersionStrings).
 * For sort(): negative when `a` comes first.
 */
export function compareVersions(a: string, b: string): number {
  const left = parseVersion(a);
  const right = parseVersion(b);
  if (left === undefined || right === undefined) {
    if (left !== undefined) return -1;
    if (right !== undefined) return 1;
    return a < b ? -1 : a > b ? 1 : 0;
  }
  return right.level - left.level || right.major - left.major || right.minor - left.minor;
}

function parseVersion(text: string): { level: number; major: number; minor: number } | undefined {
  const match = /^v([1-9][0-9]*)(?:(alpha|beta)([1-9][0-9]*))?$/.exec(text);
  if (match === null) return undefined;
  const level = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return { level, major: Number(match[1]), minor: Number(match[3] ?? 0) };
}
