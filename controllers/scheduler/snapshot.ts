import type { KubeObject } from '../../object/object.ts';
import { isFinished } from '../pod.ts';
import {
  add,
  type HostPort,
  hostPortsOf,
  podRequest,
  type Resources,
  resourcesOf,
} from './resources.ts';

/** The cluster as one scheduling decision sees it. */
export interface NodeInfo {
  node: KubeObject;
  name: string;
  labels: Record<string, string>;
  allocatable: Resources;
  requested: Resources;
  pods: KubeObject[];
  ports: HostPort[];
}

export interface VolumeView {
  claim(namespace: string, name: string): KubeObject | undefined;
  volume(name: string): KubeObject | undefined;
  volumes(): Iterable<KubeObject>;
  storageClass(name: string): KubeObject | undefined;
}

export interface Snapshot {
  nodes: NodeInfo[];
  namespaceLabels(name: string): Record<string, string> | undefined;
  volumes: VolumeView;
}

/** Nodes with the pods assigned to them; finished pods hold nothing. */
export function nodeInfos(
  nodes: Iterable<KubeObject>,
  podsOn: (node: string) => readonly KubeObject[],
): NodeInfo[] {
  const infos: NodeInfo[] = [];
  for (const node of nodes) {
    const name = node.metadata.name ?? '';
    const info: NodeInfo = {
      node,
      name,
      labels: node.metadata.labels ?? {},
      allocatable: resourcesOf(node.status?.allocatable ?? node.status?.capacity),
      requested: new Map(),
      pods: [],
      ports: [],
    };
    for (const pod of podsOn(name)) {
      if (!isFinished(pod)) addPod(info, pod);
    }
    infos.push(info);
  }
  return infos;
}

export function addPod(info: NodeInfo, pod: KubeObject): void {
  info.pods.push(pod);
  add(info.requested, podRequest(pod));
  info.ports.push(...hostPortsOf(pod));
}

/** The node with nothing on it. */
export function emptied(info: NodeInfo): NodeInfo {
  return { ...info, requested: new Map(), pods: [], ports: [] };
}

/** With pods where they are going to be; nothing given is changed. */
export function withPods(
  infos: readonly NodeInfo[],
  coming: readonly { pod: KubeObject; node: string }[],
): NodeInfo[] {
  return infos.map((info) => {
    const more = coming.filter(({ node }) => node === info.name);
    if (more.length === 0) return info;
    const next = emptied(info);
    for (const pod of [...info.pods, ...more.map((m) => m.pod)]) addPod(next, pod);
    return next;
  });
}
