import type { KubeObject } from '../../object/object.ts';
import type { Lister, Listers } from '../watch/view.ts';

/**
 * What a node may see because of the pods bound to it: pod → secrets, config maps, claims, service
 * account; claim → volume → its secrets. Only pods by node are indexed; the rest is followed when
 * asked, through the at most few hundred pods of one node.
 * Source: plugin/pkg/auth/authorizer/node/graph.go.
 */
export interface NodeGraph {
  reaches(node: string, kind: Reachable, namespace: string, name: string): boolean;
}

export type Reachable =
  | 'secrets'
  | 'configmaps'
  | 'persistentvolumeclaims'
  | 'persistentvolumes'
  | 'serviceaccounts'
  | 'resourceclaims'
  | 'volumeattachments'
  | 'resourceslices'
  | 'pods';

interface Volume {
  name: string;
  secret?: { secretName?: string };
  configMap?: { name?: string };
  persistentVolumeClaim?: { claimName: string };
  ephemeral?: unknown;
  projected?: { sources?: { secret?: { name?: string }; configMap?: { name?: string } }[] };
  [source: string]: unknown;
}

interface Container {
  env?: { valueFrom?: { secretKeyRef?: { name: string }; configMapKeyRef?: { name: string } } }[];
  envFrom?: { secretRef?: { name: string }; configMapRef?: { name: string } }[];
}

export function makeNodeGraph(listers: Listers): NodeGraph {
  const pods = listers.lister('', 'pods');
  const claims = listers.lister('', 'persistentvolumeclaims');
  const volumes = listers.lister('', 'persistentvolumes');
  const podsOf = indexByNode(pods);

  function claimHasVolume(namespace: string, claim: string, volume: KubeObject): boolean {
    const ref = volume.spec?.claimRef;
    return ref?.namespace === namespace && ref.name === claim;
  }

  function volumeHasSecret(namespace: string, claim: string, secretNs: string, secret: string) {
    const name: string | undefined = claims.get(namespace, claim)?.spec?.volumeName;
    const volume = name === undefined ? undefined : volumes.get('', name);
    if (volume === undefined || !claimHasVolume(namespace, claim, volume)) return false;
    return volumeSecrets(volume, namespace).some(
      (ref) => ref.namespace === secretNs && ref.name === secret,
    );
  }

  return {
    reaches(node, kind, namespace, name) {
      if (kind === 'volumeattachments' || kind === 'resourceslices') {
        const group = kind === 'volumeattachments' ? 'storage.k8s.io' : 'resource.k8s.io';
        return listers.lister(group, kind).get('', name)?.spec?.nodeName === node;
      }
      if (kind === 'persistentvolumes') {
        const volume = volumes.get('', name);
        const ref = volume?.spec?.claimRef;
        if (volume === undefined || ref === undefined) return false;
        return podsOf(node).some(
          (pod) => pod.metadata.namespace === ref.namespace && claimsOf(pod).includes(ref.name),
        );
      }
      for (const pod of podsOf(node)) {
        const local = pod.metadata.namespace === namespace;
        if (kind === 'pods') {
          if (local && pod.metadata.name === name) return true;
        } else if (!isMirror(pod)) {
          if (local && refersTo(pod, kind, name)) return true;
          if (kind !== 'secrets') continue;
          const home = pod.metadata.namespace ?? '';
          if (claimsOf(pod).some((claim) => volumeHasSecret(home, claim, namespace, name))) {
            return true;
          }
        }
      }
      return false;
    },
  };
}

/** Pods by node, kept by changes; built when first asked. Bounded by the pods there are. */
function indexByNode(pods: Lister): (node: string) => KubeObject[] {
  let index: Map<string, Set<string>> | undefined;
  const keyOf = (namespace: string, name: string) => `${namespace}/${name}`;
  const nodeOf = (pod: KubeObject): string => pod.spec?.nodeName ?? '';

  function add(node: string, key: string): void {
    if (node === '' || index === undefined) return;
    const keys = index.get(node);
    if (keys === undefined) index.set(node, new Set([key]));
    else keys.add(key);
  }

  function remove(node: string, key: string): void {
    const keys = index?.get(node);
    keys?.delete(key);
    if (keys?.size === 0) index?.delete(node);
  }

  // Told by what is there without parsing: every change of every pod comes here.
  pods.onChange(({ type, object: { namespace, name, fields } }) => {
    if (index === undefined) return;
    const node = fields['spec.nodeName'] ?? '';
    // A pod never moves: its node is set once.
    if (type === 'deleted') remove(node, keyOf(namespace, name));
    else add(node, keyOf(namespace, name));
  });

  return (node) => {
    if (index === undefined) {
      index = new Map();
      for (const pod of pods.list('')) {
        const { namespace = '', name = '' } = pod.metadata;
        add(nodeOf(pod), keyOf(namespace, name));
      }
    }
    const found: KubeObject[] = [];
    for (const key of index.get(node) ?? []) {
      const cut = key.indexOf('/');
      const pod = pods.get(key.slice(0, cut), key.slice(cut + 1));
      if (pod !== undefined && nodeOf(pod) === node) found.push(pod);
    }
    return found;
  };
}

function isMirror(pod: KubeObject): boolean {
  return pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined;
}

function refersTo(pod: KubeObject, kind: Reachable, name: string): boolean {
  switch (kind) {
    case 'serviceaccounts':
      return pod.spec?.serviceAccountName === name;
    case 'persistentvolumeclaims':
      return claimsOf(pod).includes(name);
    case 'resourceclaims':
      return resourceClaimsOf(pod).includes(name);
    case 'secrets':
    case 'configmaps':
      return configOf(pod, kind).includes(name);
    default:
      return false;
  }
}

function volumesOf(pod: KubeObject): Volume[] {
  return pod.spec?.volumes ?? [];
}

function claimsOf(pod: KubeObject): string[] {
  return volumesOf(pod).flatMap((volume) => {
    if (volume.persistentVolumeClaim !== undefined) return [volume.persistentVolumeClaim.claimName];
    return volume.ephemeral === undefined ? [] : [`${pod.metadata.name}-${volume.name}`];
  });
}

function resourceClaimsOf(pod: KubeObject): string[] {
  const direct = (pod.spec?.resourceClaims ?? []) as { resourceClaimName?: string }[];
  const made = (pod.status?.resourceClaimStatuses ?? []) as { resourceClaimName?: string }[];
  return [...direct, ...made].flatMap(({ resourceClaimName }) =>
    resourceClaimName === undefined ? [] : [resourceClaimName],
  );
}

function configOf(pod: KubeObject, kind: 'secrets' | 'configmaps'): (string | undefined)[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec ?? {};
  const all: Container[] = [...containers, ...initContainers, ...ephemeralContainers];
  const names = all.flatMap((container) => configOfContainer(container, kind));
  for (const volume of volumesOf(pod)) names.push(...configOfVolume(volume, kind));
  if (kind === 'secrets') {
    for (const { name } of pod.spec?.imagePullSecrets ?? []) names.push(name);
  }
  return names;
}

function configOfContainer({ env = [], envFrom = [] }: Container, kind: 'secrets' | 'configmaps') {
  const fields =
    kind === 'secrets'
      ? (['secretKeyRef', 'secretRef'] as const)
      : (['configMapKeyRef', 'configMapRef'] as const);
  return [
    ...env.map(({ valueFrom }) => valueFrom?.[fields[0]]?.name),
    ...envFrom.map((from) => from[fields[1]]?.name),
  ];
}

function configOfVolume(volume: Volume, kind: 'secrets' | 'configmaps') {
  const sources = volume.projected?.sources ?? [];
  if (kind === 'configmaps') {
    return [volume.configMap?.name, ...sources.map(({ configMap }) => configMap?.name)];
  }
  return [
    volume.secret?.secretName,
    ...sources.map(({ secret }) => secret?.name),
    ...secretRefs(volume).map(({ name }) => name),
  ];
}

const secretFields = [
  'secretRef',
  'nodePublishSecretRef',
  'nodeStageSecretRef',
  'nodeExpandSecretRef',
  'controllerExpandSecretRef',
  'controllerPublishSecretRef',
];

/** References to secrets inside any volume source (csi, rbd, cephfs, iscsi, flexVolume, …). */
function secretRefs(holder: Record<string, unknown>): { name?: string; namespace?: string }[] {
  return Object.values(holder).flatMap((source) => {
    if (source === null || typeof source !== 'object') return [];
    return secretFields.flatMap((field) => {
      const ref = (source as Record<string, unknown>)[field];
      return ref === undefined || ref === null ? [] : [ref as { name?: string }];
    });
  });
}

function volumeSecrets(volume: KubeObject, claimNamespace: string) {
  const refs = secretRefs(volume.spec ?? {}).map(({ name, namespace }) => ({
    name,
    namespace: namespace || claimNamespace,
  }));
  const file = volume.spec?.azureFile;
  if (file?.secretName) {
    refs.push({ name: file.secretName, namespace: file.secretNamespace || claimNamespace });
  }
  return refs;
}
