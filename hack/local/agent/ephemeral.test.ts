import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silent } from '../../../log/log.ts';
import { issueAuthority, issueCertificate } from '../../../pki/certificate.ts';
import { InformerSet } from '../../../reconciler/informer-set.ts';
import { createMemoryCluster } from '../../../reconciler/memory-cluster.ts';
import { nodeAddress } from '../network/addresses.ts';
import { pods } from '../resources.ts';
import { type Agent, startAgent } from './agent.ts';
import { enterNamespaces } from './enter-namespaces.ts';

/** Containers that are added to a pod while it runs, with real processes. */
await enterNamespaces();

const state = mkdtempSync(join(tmpdir(), 'quorate-ephemeral-'));
const cluster = createMemoryCluster();
const informers = new InformerSet(cluster, silent);
const durationMs = 3600_000;
let agent: Agent;

before(async () => {
  const authority = await issueAuthority({ commonName: 'test', durationMs });
  const kubeletCertificate = await issueCertificate(authority, {
    subject: { commonName: 'kubelet' },
    names: { ipAddresses: [nodeAddress(1)] },
    usages: ['server auth'],
    durationMs,
  });
  const clientCaPem = authority.certificatePem;
  const common = { cluster, informers, nodeCount: 1, state, log: silent };
  agent = await startAgent({ ...common, kubeletCertificate, clientCaPem });
  informers.start();
});

after(async () => {
  await agent.stop(0);
  await informers.stop();
  rmSync(state, { recursive: true, force: true });
});

interface Said {
  name: string;
  ready: boolean;
  restartCount: number;
}

const pod = () => cluster.all(pods)[0];
const statuses = () => pod()?.status?.ephemeralContainerStatuses ?? [];
const container = (name: string, script: string) => ({
  name,
  image: 'busybox',
  command: ['sh', '-c', script],
});

async function add(ephemeral: object): Promise<void> {
  for (;;) {
    const old = pod();
    assert.ok(old !== undefined);
    const ephemeralContainers = [...(old.spec.ephemeralContainers ?? []), ephemeral];
    const spec = { ...old.spec, ephemeralContainers };
    const done = await cluster.update(pods, { ...old, spec }).catch(() => undefined);
    if (done !== undefined) return;
  }
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 1000; i++) {
    if (holds()) return;
    await sleep(20);
  }
  assert.fail(`${what}: ${JSON.stringify(pod()?.status)}`);
}

test('an ephemeral container runs once, in a pod that goes on as it was', async () => {
  const forever = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
  await cluster.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p', namespace: 'default' },
    spec: { nodeName: 'local-1', containers: [container('main', forever)] },
  });
  await until('runs', () => pod()?.status?.phase === 'Running');
  assert.equal(pod()?.status?.ephemeralContainerStatuses, undefined);
  await add(container('look', 'exit 3'));
  await until('ended', () => statuses()[0]?.state.terminated?.exitCode === 3);
  await add(container('stay', forever));
  await until('runs too', () => statuses()[1]?.state.running !== undefined);
  assert.deepEqual(
    statuses().map(({ name, ready, restartCount }: Said) => [name, ready, restartCount]),
    [
      ['look', false, 0],
      ['stay', false, 0],
    ],
  );
  assert.equal(pod()?.status?.phase, 'Running');
  assert.equal(pod()?.status?.containerStatuses.length, 1);
});
