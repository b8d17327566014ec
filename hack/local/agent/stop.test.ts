import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silent } from '../../../log/log.ts';
import { issueAuthority, issueCertificate } from '../../../pki/certificate.ts';
import { InformerSet } from '../../../reconciler/informer-set.ts';
import { createMemoryCluster } from '../../../reconciler/memory-cluster.ts';
import { nodeAddress } from '../network/addresses.ts';
import { pods } from '../resources.ts';
import { startAgent } from './agent.ts';
import { enterNamespaces } from './enter-namespaces.ts';

/** The machine stops, with real processes. */
await enterNamespaces();

const state = mkdtempSync(join(tmpdir(), 'quorate-stop-'));
const seen = join(state, 'seen');
mkdirSync(seen);
const cluster = createMemoryCluster();
const informers = new InformerSet(cluster, silent);
after(async () => {
  await informers.stop();
  rmSync(state, { recursive: true, force: true });
});

async function runPod(name: string, script: string): Promise<void> {
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

test('pods may end by themselves, for so long, and the API does not hear of it', async () => {
  const authority = await issueAuthority({ commonName: 'test', durationMs: 3600_000 });
  const agent = await startAgent({
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
