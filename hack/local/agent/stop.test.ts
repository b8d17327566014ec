import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KubeObject } from '../../../object/object.ts';
import { silent } from '../../../log/log.ts';
import { issueAuthority, issueCertificate } from '../../../pki/certificate.ts';
import { InformerSet } from '../../../reconciler/informer-set.ts';
import { createMemoryCluster } from '../../../reconciler/memory-cluster.ts';
import { nodeAddress } from '../network/addresses.ts';
import { pods } from '../resources.ts';
import { type Agent, startAgent } from './agent.ts';
import { enterNamespaces } from './enter-namespaces.ts';

/** Pods and the machine stop, with real processes. */
await enterNamespaces();

const state = mkdtempSync(join(tmpdir(), 'quorate-stop-'));
const seen = join(state, 'seen');
mkdirSync(seen);
const cluster = createMemoryCluster();
const informers = new InformerSet(cluster, silent);
let agent: Agent;

before(async () => {
  const authority = await issueAuthority({ commonName: 'test', durationMs: 3600_000 });
  agent = await startAgent({
    cluster,
    informers,
    nodeCount: 1,
    state,
    log: silent,
    kubeletCertificate: await issueCertificate(authority, {
      subject: { commonName: 'kubelet' },
      names: { ipAddresses: [nodeAddress(1)] },
      usages: ['server auth'],
      durationMs: 3600_000,
    }),
    clientCaPem: authority.certificatePem,
  });
  informers.start();
});

after(async () => {
  await informers.stop();
  rmSync(state, { recursive: true, force: true });
});

async function runPod(name: string, script: string, more: object = {}): Promise<void> {
  await cluster.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default' },
    spec: {
      nodeName: 'local-1',
      restartPolicy: 'Never',
      containers: [
        {
          name: 'main',
          image: 'busybox',
          command: ['sh', '-c', script],
          volumeMounts: [{ name: 'seen', mountPath: '/seen' }],
        },
      ],
      volumes: [{ name: 'seen', hostPath: { path: seen } }],
      ...more,
    },
  });
}

const read = (name: string): string => {
  try {
    return readFileSync(join(seen, name), 'utf8').trim();
  } catch {
    return '';
  }
};

function podOf(name: string): KubeObject {
  const found = cluster.all(pods).find((pod) => pod.metadata.name === name);
  assert.ok(found !== undefined);
  return found;
}

function processesWith(marker: string): string[] {
  return readdirSync('/proc').filter((name) => {
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(marker);
    } catch {
      return false;
    }
  });
}

test('a pod that ends while it is being started is gone when its processes are', async () => {
  for (const round of [1, 2, 3, 4, 5]) {
    const marker = `early marker ${round}`;
    await runPod(`early-${round}`, `: ${marker}; while :; do sleep 0.05; done`);
    const folder = join(state, 'pods', podOf(`early-${round}`).metadata.uid ?? '');
    while (!existsSync(join(folder, 'etc'))) await sleep(1);
    const { metadata, ...pod } = podOf(`early-${round}`);
    const end = { deletionTimestamp: new Date().toISOString(), deletionGracePeriodSeconds: 0 };
    await cluster.update(pods, { ...pod, metadata: { ...metadata, ...end } });
    while (existsSync(folder)) await sleep(1);
    for (let look = 0; look < 50; look += 1) {
      assert.deepEqual(processesWith(marker), []);
      await sleep(5);
    }
  }
});

test('a grace of a month is not over at once', async () => {
  const terminationGracePeriodSeconds = 30 * 24 * 3600;
  const script =
    'trap "sleep 1; echo over > /seen/slow; exit 0" TERM; echo on > /seen/slow; while :; do sleep 0.05; done';
  await runPod('slow', script, { terminationGracePeriodSeconds });
  while (read('slow') !== 'on') await sleep(20);
  const folder = join(state, 'pods', podOf('slow').metadata.uid ?? '');
  const deletionTimestamp = new Date().toISOString();
  const end = { deletionTimestamp, deletionGracePeriodSeconds: terminationGracePeriodSeconds };
  for (let done = false; !done; ) {
    const { metadata, ...pod } = podOf('slow');
    const asked = cluster.update(pods, { ...pod, metadata: { ...metadata, ...end } });
    done = await asked.then(
      () => true,
      () => false,
    );
  }
  while (existsSync(folder)) await sleep(20);
  assert.equal(read('slow'), 'over');
});

test('pods may end by themselves, for so long, and the API does not hear of it', async () => {
  const wait = 'while :; do sleep 0.05; done';
  await runPod(
    'polite',
    `trap "echo over > /seen/polite; exit 0" TERM; echo on > /seen/polite; ${wait}`,
  );
  await runPod('deaf', `trap "" TERM; echo on > /seen/deaf; ${wait}`);
  const phases = () => cluster.all(pods).map((pod) => pod['status']?.phase);
  while (read('polite') !== 'on' || read('deaf') !== 'on') await sleep(20);
  while (phases().some((phase) => phase !== 'Running')) await sleep(20);
  await agent.stop(1_000);
  assert.deepEqual([read('polite'), read('deaf')], ['over', 'on']);
  assert.deepEqual(phases(), ['Running', 'Running']);
});
