import type { KubeObject } from '../../object/object.ts';
import { nodes, pods } from '../../controllers/resources.ts';
import type { Cluster } from '../../reconciler/cluster.ts';

const capacity = { cpu: '8', memory: '16Gi', pods: '110' };

/** A Node that is ready, with room for pods. */
export async function addNode(cluster: Cluster, name: string): Promise<void> {
  const metadata = { name, labels: { 'kubernetes.io/hostname': name } };
  await cluster.create(nodes, { apiVersion: 'v1', kind: 'Node', metadata });
  const conditions = [
    { type: 'Ready', status: 'True', lastHeartbeatTime: new Date().toISOString() },
  ];
  const status = { capacity, allocatable: capacity, conditions };
  await cluster.patch(nodes, { namespace: '', name, subresource: 'status' }, 'strategic', {
    status,
  });
}

/**
 * What kubelets would tell the API server: pods assigned to a node start (those that are not
 * restarted end at once, with success; those that `starts` denies never do), terminating ones go.
 * Runs until it is stopped.
 */
export function startKubelet(
  cluster: Cluster,
  starts: (pod: KubeObject) => boolean = () => true,
): { stop(): Promise<void> } {
  let ticking = true;
  let address = 1;
  let beatAt = 0;
  const look = async (): Promise<void> => {
    if (performance.now() > beatAt) {
      await heartbeat(cluster);
      beatAt = performance.now() + heartbeatMs;
    }
    for (const pod of (await cluster.list(pods)).items) {
      const { namespace = '', name = '', deletionTimestamp } = pod.metadata;
      if ((pod.spec.nodeName ?? '') === '') continue;
      if (deletionTimestamp != null) {
        await cluster.delete(pods, namespace, name, { gracePeriodSeconds: 0 });
      } else if (pod.status?.phase === 'Pending' && starts(pod)) {
        await startPod(cluster, pod, `10.0.0.${address++}`);
      }
    }
  };
  const ended = (async () => {
    while (ticking) {
      // what fails now, because others write too, is done at the next look
      await look().catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return {
    async stop() {
      ticking = false;
      await ended;
    },
  };
}

/** Nodes that are silent for long count as lost, and get no pods. */
const heartbeatMs = 5_000;

async function heartbeat(cluster: Cluster): Promise<void> {
  for (const { metadata, status } of (await cluster.list(nodes)).items) {
    const lastHeartbeatTime = new Date().toISOString();
    const conditions = (status?.conditions ?? []).map((condition: object) => ({
      ...condition,
      lastHeartbeatTime,
    }));
    const target = { namespace: '', name: metadata.name ?? '', subresource: 'status' };
    await cluster.patch(nodes, target, 'strategic', { status: { conditions } });
  }
}

async function startPod(cluster: Cluster, pod: KubeObject, podIP: string): Promise<void> {
  const ends = pod.spec.restartPolicy === 'Never';
  const { namespace = '', name = '' } = pod.metadata;
  const time = new Date().toISOString().replace(/\.\d+/, '');
  const status = {
    phase: ends ? 'Succeeded' : 'Running',
    startTime: time,
    podIP,
    podIPs: [{ ip: podIP }],
    conditions: [{ type: 'Ready', status: ends ? 'False' : 'True', lastTransitionTime: time }],
  };
  // as kubelets do: conditions that others set meanwhile, a preempting scheduler say, stay
  await cluster.patch(pods, { namespace, name, subresource: 'status' }, 'strategic', { status });
}
