/**
 * What a pod may ask of a node, and this one, which runs processes of one user in namespaces, does
 * not give. Pure. What would change what the pod is, is refused; what only confines it is told.
 */
// oxlint-disable-next-line no-explicit-any -- the API server has checked the pod's shape
type Fields = Record<string, any>;

/** A pod that asks for one of these is not run. */
const refusedFields = ['hostNetwork', 'hostPID', 'hostIPC', 'runtimeClassName', 'resourceClaims'];

/** Fields of the pod's spec, by path, for which it is refused. */
export function refusedOf(spec: Fields): string[] {
  const found = refusedFields.filter((name) => isAsked(spec[name]));
  if (spec['os']?.name === 'windows') found.push('os.name');
  for (const { path, container } of containersOf(spec)) {
    if (isAsked(container['volumeDevices'])) found.push(`${path}.volumeDevices`);
    if (container['securityContext']?.privileged === true) {
      found.push(`${path}.securityContext.privileged`);
    }
  }
  return found.map((path) => `spec.${path}`);
}

/** Fields of the pod's spec that have no effect here, without the places where they stand. */
export function unenforcedOf(spec: Fields): string[] {
  const found = new Set<string>();
  const see = (holder: Fields | undefined, name: string, as: string): void => {
    if (isAsked(holder?.[name])) found.add(as);
  };
  see(spec, 'securityContext', 'securityContext');
  see(spec, 'dnsConfig', 'dnsConfig');
  if (spec['dnsPolicy'] !== undefined && spec['dnsPolicy'] !== 'ClusterFirst') {
    found.add('dnsPolicy');
  }
  for (const volume of (spec['volumes'] ?? []) as Fields[]) {
    see(volume['emptyDir'], 'medium', 'volumes.emptyDir.medium');
    see(volume['emptyDir'], 'sizeLimit', 'volumes.emptyDir.sizeLimit');
  }
  for (const { container } of containersOf(spec)) {
    const { terminationMessagePath: path, terminationMessagePolicy: policy } = container;
    if (path !== undefined && path !== '/dev/termination-log') found.add('terminationMessagePath');
    if (policy !== undefined && policy !== 'File') found.add('terminationMessagePolicy');
    see(container, 'securityContext', 'securityContext');
    see(container['resources'], 'limits', 'resources.limits');
    for (const port of container['ports'] ?? []) see(port, 'hostPort', 'ports.hostPort');
  }
  return [...found].sort();
}

function containersOf(spec: Fields): { path: string; container: Fields }[] {
  return ['initContainers', 'containers'].flatMap((list) =>
    ((spec[list] ?? []) as Fields[]).map((container, i) => ({ path: `${list}[${i}]`, container })),
  );
}

/** Absent, false, 0 and empty ask for nothing. */
function isAsked(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0) return false;
  if (typeof value === 'object') return Object.keys(value).length > 0;
  return value !== '';
}
