import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { FaultCommand, ProcessFacts } from '../hack/local/agent/faults.ts';
import { ask } from '../hack/local/control.ts';
import { stateFolder } from '../hack/local/state.ts';
import type { KubeObject } from '../object/object.ts';
import { connectCluster } from '../reconciler/cluster-client.ts';
import type { Cluster, ResourceRef } from '../reconciler/cluster.ts';
import { Workload } from './history/workload.ts';

/**
 * A control plane under load while its parts fail one after another: no acknowledged write is lost,
 * no read goes back, and the longest time without an acknowledged write is short.
 */
const checkout = join(import.meta.dirname, '..');
const state = mkdtempSync(join(tmpdir(), 'quorate-failure-'));
const longestGapMs = 3_000;
const recoveryMs = 90_000;
const pods: ResourceRef = {
  group: '',
  version: 'v1',
  resource: 'pods',
  kind: 'Pod',
  namespaced: true,
};
const leases: ResourceRef = {
  group: 'coordination.k8s.io',
  version: 'v1',
  resource: 'leases',
  kind: 'Lease',
  namespaced: true,
};
const controlPlanes: ResourceRef = {
  group: 'quorate.dev',
  version: 'v1alpha1',
  resource: 'controlplanes',
  kind: 'ControlPlane',
  namespaced: true,
};

let management: Cluster;
let tenant: Cluster;
let workload: Workload;
const gaps: { fault: string; ms: number }[] = [];

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function run(script: string, ...args: string[]): string {
  const result = spawnSync(join(checkout, 'hack', script), ['--state', state, ...args], {
    encoding: 'utf8',
    timeout: 240_000,
  });
  if (result.status !== 0) throw new Error(`hack/${script}: ${result.stdout}${result.stderr}`);
  return result.stdout;
}

function fault(command: FaultCommand): Promise<unknown> {
  return ask(stateFolder(state), { type: 'command', command });
}

async function podsOf(component: string): Promise<string[]> {
  const { items } = await management.list(pods, {
    namespace: 'default',
    labelSelector: `app.kubernetes.io/component=${component}`,
  });
  return items.map((pod) => pod.metadata.name ?? '').sort();
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + recoveryMs;
  let last: unknown;
  while (Date.now() < deadline) {
    try {
      if (await holds()) return;
    } catch (error) {
      last = error;
    }
    await pause(200);
  }
  throw new Error(
    `${what} did not come true in ${recoveryMs} ms${last === undefined ? '' : `: ${(last as Error).message}`}`,
  );
}

/** Ready, and every part back: what a person would call healed. */
async function healed(): Promise<boolean> {
  const object: KubeObject | undefined = await management.get(controlPlanes, 'default', 'demo');
  const conditions: { type: string; status: string }[] = object?.['status']?.conditions ?? [];
  const holds = (type: string): boolean =>
    conditions.some((c) => c.type === type && c.status === 'True');
  if (!['Ready', 'EtcdReady', 'APIServerReady', 'ControllersReady'].every(holds)) return false;
  const { items } = await management.list(pods, { namespace: 'default' });
  return items.every((pod) =>
    ((pod['status']?.conditions ?? []) as { type: string; status: string }[]).some(
      (c) => c.type === 'Ready' && c.status === 'True',
    ),
  );
}

/** Does it, lets the workload go on for a while, waits for everything to heal; notes the longest gap. */
async function suffer(
  name: string,
  act: () => Promise<unknown>,
  relief?: () => Promise<unknown>,
): Promise<void> {
  const began = performance.now();
  await act();
  await pause(5_000);
  if (relief !== undefined) await relief();
  await until(`the control plane heals after: ${name}`, healed);
  await pause(1_000);
  const ms = Math.round(workload.longestGap(began));
  gaps.push({ fault: name, ms });
  process.stdout.write(`# longest gap: ${name}: ${ms} ms\n`);
  assert.ok(ms < longestGapMs, `${name}: ${ms} ms without an acknowledged write`);
}

const isLeader =
  "fetch('http://127.0.0.1:2381/metrics').then((r) => r.text()).then((t) => console.log(/^etcd_server_is_leader (\\d)/m.exec(t)[1]))";

/** Asked of the members themselves: the operator's word may be a moment old. */
async function etcdLeader(): Promise<string> {
  for (const pod of await podsOf('etcd')) {
    const command = ['node', '-e', isLeader];
    const answer = await fault({ kind: 'exec', namespace: 'default', pod, command });
    if (String(answer).trim() === '1') return pod;
  }
  throw new Error('no etcd member says that it leads');
}

before(async () => {
  run('up');
  management = connectCluster({
    kubeconfig: join(state, 'management.kubeconfig'),
    userAgent: 'failure-test',
  });
  tenant = connectCluster({
    kubeconfig: join(state, 'demo.kubeconfig'),
    userAgent: 'failure-test',
  });
  await until('everything is ready', healed);
  workload = new Workload(join(state, 'demo.kubeconfig'));
  await workload.start();
  await pause(2_000);
});

after(async () => {
  management?.close();
  tenant?.close();
  // what is left when a test failed are the logs
  run('down');
});

test('an API server is killed', async () => {
  const [pod = ''] = await podsOf('api-server');
  await suffer('API server killed', () => fault({ kind: 'kill', namespace: 'default', pod }));
});

test('the etcd leader is killed', async () => {
  const pod = await etcdLeader();
  await suffer('etcd leader killed', () => fault({ kind: 'kill', namespace: 'default', pod }));
});

test('the leading controller manager is killed', async () => {
  const read = async (): Promise<string> =>
    (await tenant.get(leases, 'kube-system', 'kube-controller-manager'))?.['spec']
      ?.holderIdentity ?? '';
  const holder = await read();
  const pod = (await podsOf('controller-manager')).find((name) => holder.startsWith(name));
  assert.ok(pod !== undefined, `no pod is called as the holder of the lease, ${holder}`);
  await suffer('leading controller manager killed', () =>
    fault({ kind: 'kill', namespace: 'default', pod }),
  );
  await until('another holds the lease', async () => (await read()) !== holder);
});

test('an API server is cut off from etcd', async () => {
  const [pod = ''] = await podsOf('api-server');
  const from = (await podsOf('etcd')).map((member) => ({ namespace: 'default', pod: member }));
  await suffer(
    'API server cut off from etcd',
    () => fault({ kind: 'partition', namespace: 'default', pod, from }),
    () => fault({ kind: 'heal' }),
  );
});

test('an etcd member loses its disk', async () => {
  const leader = await etcdLeader();
  const pod = (await podsOf('etcd')).find((member) => member !== leader) ?? '';
  await suffer('etcd member lost its disk', () =>
    fault({ kind: 'wipe', namespace: 'default', pod }),
  );
});

test('nothing that was acknowledged is lost, and reads never went back', async () => {
  await workload.stop();
  const lost = await workload.lost();
  const processes = (await fault({ kind: 'processes' })) as ProcessFacts[];
  for (const { pod, rssBytes } of processes) {
    process.stdout.write(`# rss: ${pod}: ${Math.round(rssBytes / 1e6)} MB\n`);
  }
  process.stdout.write(
    `# acknowledged ${workload.acknowledged}, read ${workload.reads}, failures ${JSON.stringify([...workload.failures])}\n`,
  );
  for (const { fault: name, ms } of gaps)
    process.stdout.write(`# longest gap: ${name}: ${ms} ms\n`);
  assert.ok(workload.acknowledged > 500, `only ${workload.acknowledged} writes were acknowledged`);
  assert.ok(workload.reads > 100, `only ${workload.reads} reads succeeded`);
  assert.deepEqual(lost, []);
  assert.deepEqual(workload.backwards, []);
});
