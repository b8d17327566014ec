import { spawn, spawnSync } from 'node:child_process';
import { existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { KubeObject } from '../object/object.ts';
import { parseYaml } from '../object/yaml.ts';
import { connectCluster } from '../reconciler/cluster-client.ts';
import type { Cluster, ResourceRef } from '../reconciler/cluster.ts';
import { dial, type Message, onMessages, sendMessage } from './local/control.ts';
import { definitions, secrets } from './local/resources.ts';
import { controlSocket, makeFolders, stateFolder } from './local/state.ts';
import { isRunning } from './local/running.ts';

/** From nothing to a highly available control plane on this machine. */
const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    nodes: { type: 'string', default: '3' },
    file: { type: 'string', default: join(import.meta.dirname, '../examples/control-plane.yaml') },
    timeout: { type: 'string', default: '120' },
    help: { type: 'boolean', default: false },
  },
});

const usage = `hack/up: a management control plane, a local node and the ControlPlane of --file, on this machine

  --state DIR    where everything is kept (default .quorate in the checkout)
  --file FILE    the ControlPlane to apply (default examples/control-plane.yaml)
  --nodes N      how many Node objects stand for this machine (default 3)
  --timeout S    seconds to wait for Ready (default 120)
`;

const controlPlanes: ResourceRef = {
  group: 'quorate.dev',
  version: 'v1alpha1',
  resource: 'controlplanes',
  kind: 'ControlPlane',
  namespaced: true,
};

const state = stateFolder(values.state);
const began = performance.now();
const breakdown: { name: string; ms: number }[] = [];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function fail(text: string): never {
  process.stderr.write(`hack/up: ${text}\n`);
  process.exit(1);
}

function done(name: string, ms: number): void {
  breakdown.push({ name, ms });
  say(`  ✓ ${name.padEnd(28)} ${(ms / 1000).toFixed(1).padStart(5)} s`);
}

/** Programs that are needed, and the Debian package each is in. */
const programs: Record<string, string> = {
  etcd: 'etcd-server',
  ip: 'iproute2',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  nsenter: 'util-linux',
};

function found(program: string): boolean {
  const folders = `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`.split(':');
  return folders.some((folder) => existsSync(join(folder, program)));
}

function installMissing(): void {
  const missing = [
    ...new Set(
      Object.keys(programs)
        .filter((p) => !found(p))
        .map((p) => programs[p] ?? p),
    ),
  ];
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    fail(
      `these Debian packages are needed and missing: ${missing.join(' ')}\n  sudo apt-get install -y ${missing.join(' ')}`,
    );
  }
  say(`  installing ${missing.join(', ')} (apt-get)`);
  const options = {
    stdio: ['ignore', 'ignore', 'inherit'] as ('ignore' | 'inherit')[],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  };
  spawnSync('apt-get', ['update', '-qq'], options);
  const installed = spawnSync(
    'apt-get',
    ['install', '-y', '-qq', '--no-install-recommends', ...missing],
    options,
  );
  if (installed.status !== 0)
    fail(`apt-get could not install ${missing.join(' ')}; its words are above`);
  // Debian starts a server of its own, which nobody here needs
  if (missing.includes('etcd-server'))
    spawnSync('sh', ['-c', 'command -v systemctl >/dev/null && systemctl disable --now etcd'], {
      stdio: 'ignore',
    });
}

function startSupervisor(): number {
  makeFolders(state);
  const log = openSync(join(state.logs, 'supervisor.log'), 'a');
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      join(import.meta.dirname, 'local/supervisor.ts'),
      '--state',
      state.root,
      '--nodes',
      values.nodes,
    ],
    { detached: true, stdio: ['ignore', log, log] },
  );
  child.unref();
  if (child.pid === undefined) fail('the supervisor could not be started');
  return child.pid;
}

/** Resolves when the machine inside says it is ready; prints its steps. */
async function followMachine(pid: number): Promise<void> {
  process.chdir(state.run);
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      const socket = await dial(controlSocket);
      sendMessage(socket, { type: 'watch' });
      await new Promise<void>((resolve, reject) => {
        socket.on('close', () =>
          reject(new Error(`the local instance ended; its logs are in ${state.logs}`)),
        );
        onMessages(socket, (message: Message) => {
          if (message.type === 'step') done(String(message['name']), Number(message['ms']));
          if (message.type === 'failed')
            reject(new Error(`${message['step']}: ${message['error']}`));
          if (message.type === 'ready') resolve();
        });
      });
      socket.destroy();
      return;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code !== 'ENOENT' && code !== 'ECONNREFUSED') throw error;
      if (Date.now() > deadline || !isRunning(pid))
        throw new Error(`the supervisor did not start; see ${join(state.logs, 'supervisor.log')}`);
      await pause(50);
    }
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function readObjects(file: string): KubeObject[] {
  return readFileSync(file, 'utf8')
    .split(/^---$/m)
    .map((text) => parseYaml(text) as KubeObject | null)
    .filter((object) => object !== null);
}

async function applyDefinition(cluster: Cluster): Promise<void> {
  const [definition] = readObjects(join(import.meta.dirname, '../crds/control-plane.yaml'));
  if (definition === undefined) fail('crds/control-plane.yaml is empty');
  await cluster.apply(definitions, definition, { fieldManager: 'hack-up', force: true });
  for (;;) {
    const now = await cluster.get(definitions, '', definition.metadata.name ?? '');
    const conditions: { type: string; status: string }[] = now?.['status']?.conditions ?? [];
    if (conditions.some((c) => c.type === 'Established' && c.status === 'True')) return;
    await pause(50);
  }
}

interface Condition {
  type: string;
  status: string;
  message?: string;
}

/** Follows the ControlPlane until it is Ready for what was applied; prints what it says meanwhile. */
async function untilReady(cluster: Cluster, wanted: KubeObject): Promise<KubeObject> {
  const { name = '', namespace = 'default' } = wanted.metadata;
  const deadline = Date.now() + Number(values.timeout) * 1000;
  const reached = new Set<string>();
  let told = '';
  for (;;) {
    // a read that fails once says nothing: the deadline decides
    const now = await cluster.get(controlPlanes, namespace, name).catch(() => undefined);
    const conditions: Condition[] = now?.['status']?.conditions ?? [];
    for (const { type, status } of conditions) {
      if (
        status !== 'True' ||
        reached.has(type) ||
        !/(CertificatesValid|Etcd|APIServer|Controllers)/.test(type)
      )
        continue;
      reached.add(type);
      done(type, performance.now() - applied);
    }
    const ready = conditions.find((c) => c.type === 'Ready');
    const current = now?.['status']?.observedGeneration === now?.metadata.generation;
    if (now !== undefined && current && ready?.status === 'True') return now;
    const message = ready?.message ?? '';
    if (message !== told && message !== '') {
      told = message;
      say(`    ${message}`);
    }
    if (Date.now() > deadline) {
      fail(
        `${namespace}/${name} is not Ready after ${values.timeout} s: ${told}\n  logs: ${state.logs}\n  look: hack/kubectl --kubeconfig ${join(state.root, 'management.kubeconfig')} describe cp ${name}`,
      );
    }
    await pause(100);
  }
}

async function writeKubeconfig(cluster: Cluster, controlPlane: KubeObject): Promise<string> {
  const { name = '', namespace = '' } = controlPlane.metadata;
  const secretName: string =
    controlPlane['status']?.kubeconfigSecret?.name ??
    controlPlane['status']?.kubeconfigSecret ??
    `${name}-admin-kubeconfig`;
  const secret = await cluster.get(secrets, namespace, secretName);
  const data: Record<string, string> = secret?.['data'] ?? {};
  const encoded = data['kubeconfig'] ?? data['value'];
  if (encoded === undefined) fail(`Secret ${namespace}/${secretName} holds no kubeconfig`);
  const file = join(state.root, `${name}.kubeconfig`);
  writeFileSync(file, Buffer.from(encoded, 'base64'), { mode: 0o600 });
  return file;
}

let applied = 0;

async function main(): Promise<void> {
  if (values.help) return say(usage);
  if (existsSync(state.pidFile) && isRunning(Number(readFileSync(state.pidFile, 'utf8')))) {
    fail(`an instance runs in ${state.root} already: hack/down ends it`);
  }
  const [wanted] = readObjects(values.file).filter((object) => object.kind === 'ControlPlane');
  if (wanted === undefined) fail(`${values.file} holds no ControlPlane`);
  wanted.metadata.namespace ??= 'default';
  say('Starting a local Quorate');
  installMissing();
  const pid = startSupervisor();
  const interrupt = (): void => {
    process.kill(pid, 'SIGKILL');
    process.exit(130);
  };
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  await followMachine(pid);
  const management = join(state.root, 'management.kubeconfig');
  const cluster = connectCluster({ kubeconfig: management, userAgent: 'hack-up' });
  const defined = performance.now();
  await applyDefinition(cluster);
  done('ControlPlane definition', performance.now() - defined);
  applied = performance.now();
  await cluster.apply(controlPlanes, wanted, { fieldManager: 'hack-up', force: true });
  const controlPlane = await untilReady(cluster, wanted);
  done('ControlPlane Ready', performance.now() - applied);
  const file = await writeKubeconfig(cluster, controlPlane);
  cluster.close();
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  say(`
Ready in ${seconds} s: ${controlPlane.metadata.name} at ${controlPlane['status']?.endpoint ?? ''}

  hack/kubectl get namespaces                     the new control plane (${file})
  hack/kubectl --kubeconfig ${management} get controlplanes,pods
                                                  what it is made of
  hack/down                                       end everything
`);
  process.exit(0);
}

main().catch((error: unknown) => fail((error as Error).message));
