import { arch, cpus, hostname, platform, release, totalmem } from 'node:os';
import { statfsSync } from 'node:fs';
import type { Logger } from '../../../log/log.ts';
import { type KubeObject, microTimestamp, timestamp } from '../../../object/object.ts';
import { StatusError } from '../../../object/status-error.ts';
import type { Cluster } from '../../../reconciler/cluster.ts';
import { kubeletPort, nodeAddress, nodePodNetwork } from '../network/addresses.ts';
import { leases, nodes } from '../resources.ts';

/** The Node objects of this machine, their conditions and their heartbeats. */

const heartbeatMs = 10_000;
const leaseSeconds = 40;
const leaseNamespace = 'kube-node-lease';
const podsPerNode = 110;

export function nodeName(index: number): string {
  return `local-${index}`;
}

/** Every node has the whole machine: nothing here limits what a process takes. */
function nodeObject(index: number, state: string): KubeObject {
  const name = nodeName(index);
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      labels: {
        'kubernetes.io/hostname': name,
        'kubernetes.io/os': platform(),
        'kubernetes.io/arch': arch() === 'x64' ? 'amd64' : arch(),
        'topology.kubernetes.io/zone': `zone-${index}`,
      },
    },
    spec: { podCIDR: nodePodNetwork(index), podCIDRs: [nodePodNetwork(index)] },
    status: nodeStatus(index, state),
  };
}

/** What a node has: all of this machine. */
export function nodeResources(state: string): Record<string, string> {
  const disk = statfsSync(state);
  return {
    cpu: String(cpus().length),
    memory: `${Math.floor(totalmem() / 1024)}Ki`,
    pods: String(podsPerNode),
    'ephemeral-storage': `${Math.floor((disk.blocks * disk.bsize) / 1024)}Ki`,
  };
}

function nodeStatus(index: number, state: string): Record<string, unknown> {
  const resources = nodeResources(state);
  const now = timestamp();
  return {
    capacity: resources,
    allocatable: resources,
    addresses: [
      { type: 'InternalIP', address: nodeAddress(index) },
      { type: 'Hostname', address: nodeName(index) },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: kubeletPort } },
    nodeInfo: {
      machineID: hostname(),
      systemUUID: '',
      bootID: '',
      kernelVersion: release(),
      osImage: platform(),
      containerRuntimeVersion: `processes://${process.version}`,
      kubeletVersion: 'v1.36.2',
      kubeProxyVersion: '',
      operatingSystem: platform(),
      architecture: arch() === 'x64' ? 'amd64' : arch(),
    },
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'the local node runs pods as processes',
        lastHeartbeatTime: now,
        lastTransitionTime: now,
      },
    ],
  };
}

/** Creates or takes over the Node objects, then keeps their leases; returns the stop function. */
export async function keepNodes(
  cluster: Cluster,
  options: { count: number; state: string; log: Logger },
): Promise<() => void> {
  const indexes = Array.from({ length: options.count }, (_, i) => i + 1);
  await Promise.all(indexes.map((index) => register(cluster, index, options.state)));
  const beat = (): void => {
    for (const index of indexes) {
      renew(cluster, nodeName(index)).catch((error: unknown) =>
        options.log.warn({ node: nodeName(index), error }, 'a node lease could not be renewed'),
      );
    }
  };
  beat();
  const timer = setInterval(beat, heartbeatMs);
  return () => clearInterval(timer);
}

async function register(cluster: Cluster, index: number, state: string): Promise<void> {
  const wanted = nodeObject(index, state);
  try {
    await cluster.create(nodes, wanted);
  } catch (error) {
    if (!(error instanceof StatusError && error.reason === 'AlreadyExists')) throw error;
  }
  const target = { namespace: '', name: nodeName(index), subresource: 'status' };
  await cluster.patch(nodes, target, 'merge', { status: nodeStatus(index, state) });
}

async function renew(cluster: Cluster, name: string): Promise<void> {
  const spec = {
    holderIdentity: name,
    leaseDurationSeconds: leaseSeconds,
    renewTime: microTimestamp(),
  };
  try {
    await cluster.patch(leases, { namespace: leaseNamespace, name }, 'merge', { spec });
  } catch (error) {
    if (!(error instanceof StatusError && error.code === 404)) throw error;
    await cluster.create(leases, {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: { name, namespace: leaseNamespace },
      spec,
    });
  }
}
