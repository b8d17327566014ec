import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { configMaps } from '../hack/local/resources.ts';
import { runningSupervisor, stateFolder } from '../hack/local/state.ts';
import { type ConnectedCluster, connectCluster } from '../reconciler/cluster-client.ts';
import { Kubectl } from './harness/kubectl.ts';
import { type LocalInstance, runScript, startLocal } from './harness/local.ts';
import { holdersOf, outside, processNamespace, type Traces, tracesIn } from './harness/traces.ts';

/**
 * hack/up and hack/down as a person uses them: instances do not meet, a supervisor that dies takes
 * everything with it, data outlives it.
 */
const state = mkdtempSync(join(tmpdir(), 'quorate-local-'));
const goneMs = 10_000;
const untouched = outside();
let first: LocalInstance;

before(async () => {
  first = await startLocal({ state });
});

after(async () => {
  await runScript('down', ['--state', state, '--purge']);
  rmSync(state, { recursive: true, force: true });
});

function supervisor(instance: LocalInstance): number {
  const pid = runningSupervisor(instance.state);
  assert.ok(pid !== undefined, 'no supervisor runs');
  return pid;
}

async function withTenant<T>(
  instance: LocalInstance,
  work: (cluster: ConnectedCluster) => Promise<T>,
): Promise<T> {
  const { tenantKubeconfig: kubeconfig } = instance;
  const cluster = connectCluster({ kubeconfig, userAgent: 'local-mode-test' });
  try {
    return await work(cluster);
  } finally {
    cluster.close();
  }
}

/** True when nobody listens there. */
async function isRefused(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
  } finally {
    socket.destroy();
  }
}

async function assertGone({ namespaces }: Traces, namespace: string): Promise<void> {
  const deadline = Date.now() + goneMs;
  while (tracesIn(namespace).processes.length + holdersOf(namespaces).length > 0) {
    if (Date.now() > deadline) break;
    await pause(50);
  }
  assert.deepEqual(tracesIn(namespace).processes, []);
  assert.deepEqual(holdersOf(namespaces), []);
  assert.deepEqual(outside(), untouched);
}

test('two instances side by side have an address each and do not share objects', async () => {
  const second = await startLocal({ name: 'other', nodes: 1 });
  try {
    assert.notEqual(second.endpoint, first.endpoint);
    const made = { apiVersion: 'v1', kind: 'ConfigMap', data: { kept: 'yes' } };
    const metadata = { name: 'mark', namespace: 'default' };
    await withTenant(first, (cluster) => cluster.create(configMaps, { ...made, metadata }));
    const read = (instance: LocalInstance) =>
      withTenant(instance, (cluster) => cluster.get(configMaps, 'default', 'mark'));
    assert.equal((await read(first))?.['data'].kept, 'yes');
    assert.equal(await read(second), undefined);
  } finally {
    await second.stop();
  }
  assert.equal(existsSync(second.state.root), false);
  assert.ok(await isRefused(second.endpoint));
});

test('exec, logs, port-forward and proxy reach a pod', async () => {
  const proxied = '/api/v1/namespaces/default';
  for (const mode of ['WebSocket', 'SPDY'] as const) {
    const kubectl = new Kubectl(first.managementKubeconfig, mode);
    const said = await kubectl.run(
      ['exec', '-i', 'demo-etcd-0', '--', 'sh', '-c', 'cat; exit 7'],
      'in',
    );
    assert.deepEqual([said.code, said.stdout], [7, 'in'], said.stderr);
    await kubectl.forward('demo-etcd-0', 2381, async (port) => {
      const health = await fetch(`http://127.0.0.1:${port}/health`);
      assert.match(await health.text(), /"health":"true"/);
    });
  }
  const kubectl = new Kubectl(first.managementKubeconfig, 'WebSocket');
  const raw = async (path: string) => (await kubectl.run(['get', '--raw', path])).stdout;
  assert.match((await kubectl.run(['logs', 'demo-etcd-0', '--tail=1'])).stdout, /./);
  assert.match(await raw(`${proxied}/pods/demo-etcd-0:2381/proxy/health`), /"health":"true"/);
  assert.equal(await raw(`${proxied}/services/https:demo-api-server:6443/proxy/livez`), 'ok');
});

test('a second hack/up on the same folder waits for what runs there, and says where it is', async () => {
  const pid = supervisor(first);
  const kubeconfig = join(state, 'demo.kubeconfig');
  rmSync(kubeconfig);
  const said = await runScript('up', ['--state', state]);
  assert.match(said, /^Going on with what runs in /);
  assert.match(said, /\nReady in .*: demo at https:/);
  assert.ok(existsSync(kubeconfig));
  await assert.rejects(
    runScript('up', ['--state', state, '--nodes', '2']),
    /--nodes: what runs in/,
  );
  assert.equal(supervisor(first), pid);
});

test('kill -9 of the supervisor leaves no process, namespace, mount or link', async () => {
  const pid = supervisor(first);
  const namespace = processNamespace(pid);
  const traces = tracesIn(namespace);
  assert.ok(traces.processes.length >= 12, `only ${traces.processes.length} processes`);
  process.kill(pid, 'SIGKILL');
  await assertGone(traces, namespace);
  assert.ok(await isRefused(first.endpoint));
});

test('hack/up after that goes on with what was there', async () => {
  first = await startLocal({ state });
  const mark = await withTenant(first, (cluster) => cluster.get(configMaps, 'default', 'mark'));
  assert.equal(mark?.['data'].kept, 'yes');
});

test('hack/down ends everything, a second time says so, --purge empties the folder', async () => {
  const namespace = processNamespace(supervisor(first));
  const traces = tracesIn(namespace);
  assert.match(await runScript('down', ['--state', state]), /ended the local instance/);
  await assertGone(traces, namespace);
  assert.ok(existsSync(join(state, 'management.db')));
  assert.deepEqual(readdirSync(join(state, 'run')), []);
  const again = await runScript('down', ['--state', state, '--purge']);
  assert.match(again, /no local instance runs.*\nremoved its data/);
  assert.equal(existsSync(state), false);
});

const ends = [
  { signal: 'SIGINT', outcome: [130, null] },
  { signal: 'SIGKILL', outcome: [null, 'SIGKILL'] },
] as const;
for (const { signal, outcome } of ends) {
  test(`${signal} while hack/up works ends what it had started`, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'quorate-local-'));
    try {
      const child = spawn(join(import.meta.dirname, '../hack/up'), ['--state', folder]);
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
      });
      while (!output.includes('ControlPlane definition') && child.exitCode === null)
        await pause(20);
      const pid = runningSupervisor(stateFolder(folder));
      assert.ok(pid !== undefined, output);
      const namespace = processNamespace(pid);
      const traces = tracesIn(namespace);
      child.kill(signal);
      assert.deepEqual(await once(child, 'exit'), outcome);
      await assertGone(traces, namespace);
    } finally {
      await runScript('down', ['--state', folder, '--purge']);
      rmSync(folder, { recursive: true, force: true });
    }
  });
}
