import { existsSync, mkdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger } from '../../log/log.ts';
import { type ConnectedCluster, connectCluster } from '../../reconciler/cluster-client.ts';
import { InformerSet } from '../../reconciler/informer-set.ts';
import { startAgent } from './agent/agent.ts';
import type { FaultCommand } from './agent/faults.ts';
import { runCommand } from './command.ts';
import { dial, type Message, onMessages, sendMessage } from './control.ts';
import {
  adminKubeconfig,
  apiServerArguments,
  controllerArguments,
  type ManagementPki,
  managementPki,
  managementPort,
  operatorArguments,
  untilReady,
} from './management.ts';
import { dnsAddress, gateway, nodeAddress } from './network/addresses.ts';
import { setUpMachineNetwork } from './network/links.ts';
import { Relay } from './network/relay.ts';
import { relaySocketOptions } from './network/service-relays.ts';
import { keepRunning } from './program.ts';
import { startProxy } from './proxy.ts';
import { storageClasses } from './resources.ts';
import { controlSocket, stateFolder } from './state.ts';

/**
 * The inside of a local instance, in process, network and mount namespaces of its own: sets the network up, starts the management control plane, and is the node's agent, DNS and proxy.
 */
const { values } = parseArgs({
  options: { state: { type: 'string' }, nodes: { type: 'string', default: '3' } },
});
const state = stateFolder(values.state);
const nodeCount = Number(values.nodes);
const log = createLogger('local-machine', 2);
const readyMs = 60_000;
const control = await dial(controlSocket);
sendMessage(control, { type: 'machine' });
const asked = new Map<number, { resolve(port: number): void; reject(error: Error): void }>();
let nextId = 1;
let stopPods: (graceMs: number) => Promise<void> = async () => {};
let command: (command: FaultCommand) => Promise<unknown> = async () => {
  throw new Error('the node agent is not up yet');
};
onMessages(control, fromSupervisor);
control.on('close', () => process.exit(0));

function fromSupervisor(message: Message): void {
  const { id } = message;
  if (message.type === 'listened') {
    const entry = asked.get(Number(id));
    asked.delete(Number(id));
    const { error, code, port } = message;
    if (error === undefined) entry?.resolve(Number(port));
    else entry?.reject(Object.assign(new Error(error as string), { code }));
  }
  if (message.type === 'stop') {
    void stopPods(Number(message['graceMs'])).finally(() => process.exit(0));
  }
  if (message.type === 'command') {
    command(message['command'] as FaultCommand).then(
      (result) => sendMessage(control, { type: 'answer', id, result: result ?? null }),
      (error: Error) => sendMessage(control, { type: 'answer', id, error: error.message }),
    );
  }
}

/** A port on the machine outside, as a server here. `port` 0 takes a free one. */
async function openOutside(
  address: string,
  port: number,
): Promise<{ server: Server; port: number }> {
  const id = nextId++;
  const path = `out-${id}.sock`;
  const server = createServer(relaySocketOptions);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, resolve);
  });
  try {
    const actual = await new Promise<number>((resolve, reject) => {
      asked.set(id, { resolve, reject });
      sendMessage(control, { type: 'listen', id, address, port, path });
    });
    server.on('close', () => sendMessage(control, { type: 'unlisten', address, port: actual }));
    return { server, port: actual };
  } catch (error) {
    server.close();
    throw error;
  }
}

async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  sendMessage(control, { type: 'step', name, ms: Math.round(performance.now() - began) });
  return result;
}

/** Nothing that services of the machine outside keep in /run is meant for what runs in here. */
async function setUpMounts(): Promise<void> {
  const resolver = existsSync('/etc/resolv.conf') ? realpathSync('/etc/resolv.conf') : undefined;
  await runCommand('mount', ['--make-rprivate', '/']);
  await runCommand('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'quorate-run', '/run']);
  mkdirSync('/run/netns');
  if (resolver === undefined) return;
  const own = join(state.run, 'resolv.conf');
  writeFileSync(own, `nameserver ${dnsAddress}\n`);
  // Where it was a link into /run, its target is gone by now.
  if (!existsSync(resolver)) {
    mkdirSync(dirname(resolver), { recursive: true });
    writeFileSync(resolver, '');
  }
  await runCommand('mount', ['--bind', own, resolver]);
}

/** Programs in here that read the kubeconfig find the API server at its own address. */
function startPrograms(pki: ManagementPki, kubeconfig: string): void {
  const programs: [string, string[]][] = [
    ['management-apiserver', apiServerArguments(state, pki)],
    ['management-controllers', controllerArguments(state, pki, kubeconfig)],
    ['management-operator', operatorArguments(kubeconfig)],
  ];
  for (const [name, args] of programs) keepRunning({ state, name, args, log });
}

/** The port of an earlier run, so that kubeconfigs people have copied go on to work. */
function earlierPort(): number {
  try {
    const { clusters } = JSON.parse(readFileSync(state.managementKubeconfig, 'utf8'));
    return Number(new URL(clusters[0].cluster.server).port);
  } catch {
    return 0;
  }
}

async function relayManagement(pki: ManagementPki): Promise<void> {
  const { server, port } = await openOutside('127.0.0.1', earlierPort()).catch(() =>
    openOutside('127.0.0.1', 0),
  );
  const there = { address: gateway, port: managementPort, ready: true, terminating: false };
  new Relay({ endpoints: () => [{ ...there, hostname: undefined }] }).serve(server);
  const text = adminKubeconfig(`https://127.0.0.1:${port}`, pki);
  writeFileSync(state.managementKubeconfig, text, { mode: 0o600 });
}

async function makeStorageClass(cluster: ConnectedCluster): Promise<void> {
  const local = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: {
      name: 'local',
      annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
    },
    provisioner: 'quorate.dev/local',
    reclaimPolicy: 'Delete',
    volumeBindingMode: 'WaitForFirstConsumer',
  };
  await cluster.apply(storageClasses, local, { fieldManager: 'quorate-local', force: true });
}

async function startNodes(cluster: ConnectedCluster, pki: ManagementPki): Promise<void> {
  const informers = new InformerSet(cluster, log);
  const agent = await startAgent({
    cluster,
    informers,
    nodeCount,
    state: state.root,
    log,
    kubeletCertificate: pki.kubelet,
    clientCaPem: pki.caPem,
  });
  command = (fault) => agent.faults(fault);
  stopPods = (graceMs) => agent.stop(graceMs);
  await startProxy({
    cluster,
    informers,
    log,
    listenOutside: async (address, port) => (await openOutside(address, port)).server,
  });
  informers.start();
  await informers.synced();
}

async function main(): Promise<void> {
  const nodes = Array.from({ length: nodeCount }, (_, i) => nodeAddress(i + 1));
  const [pki] = await Promise.all([
    step('certificates', () => managementPki(state, nodes)),
    step('network', async () => {
      await setUpMounts();
      await setUpMachineNetwork(nodeCount);
    }),
  ]);
  const kubeconfig = join(state.run, 'inside.kubeconfig');
  const text = adminKubeconfig(`https://${gateway}:${managementPort}`, pki);
  writeFileSync(kubeconfig, text, { mode: 0o600 });
  await step('management API server', async () => {
    startPrograms(pki, kubeconfig);
    await untilReady(pki, readyMs);
    await relayManagement(pki);
  });
  await step('local nodes', async () => {
    const cluster = connectCluster({ kubeconfig, userAgent: 'quorate-local' });
    await makeStorageClass(cluster);
    await startNodes(cluster, pki);
  });
  sendMessage(control, { type: 'ready' });
}

process.on('unhandledRejection', (error) => log.error({ error }, 'unhandled rejection'));
main().catch((error: Error) => {
  log.error({ error }, 'the local machine could not be started');
  sendMessage(control, { type: 'failed', step: 'start', error: error.message });
  setTimeout(() => process.exit(1), 100);
});
