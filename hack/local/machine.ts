import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createLogger } from '../../log/log.ts';
import { connectCluster } from '../../reconciler/cluster-client.ts';
import { InformerSet } from '../../reconciler/informer-set.ts';
import { Loop } from '../../reconciler/loop.ts';
import { done } from '../../reconciler/result.ts';
import { keyOf } from '../../reconciler/store.ts';
import { startAgent } from './agent/agent.ts';
import type { FaultCommand } from './agent/faults.ts';
import { runCommand } from './command.ts';
import { dial, type Message, onMessages, sendMessage } from './control.ts';
import {
  adminKubeconfig,
  apiServerArguments,
  controllerArguments,
  keepRunning,
  managementPki,
  managementPort,
  operatorArguments,
  untilReady,
} from './management.ts';
import { clusterDomain, dnsAddress, gateway, nodeAddress } from './network/addresses.ts';
import { serveDns } from './network/dns-server.ts';
import { ServiceDirectory } from './network/endpoints.ts';
import { setUpMachineNetwork } from './network/links.ts';
import { LoadBalancers } from './network/load-balancers.ts';
import { Relay } from './network/relay.ts';
import { relaySocketOptions, ServiceRelays } from './network/service-relays.ts';
import { endpointSlices, services, storageClasses } from './resources.ts';
import { controlSocket, stateFolder } from './state.ts';

/**
 * The inside of a local instance, first process of its own process, network and mount namespaces:
 * sets the network up, starts the management control plane, and is the node's agent, DNS and proxy.
 */
const { values } = parseArgs({
  options: { state: { type: 'string' }, nodes: { type: 'string', default: '3' } },
});
const state = stateFolder(values.state);
const nodeCount = Number(values.nodes);
const log = createLogger('local-machine', 2);
const control = await dial(controlSocket);
sendMessage(control, { type: 'machine' });
const asked = new Map<number, { resolve(port: number): void; reject(error: Error): void }>();
let nextId = 1;
let command: (command: FaultCommand) => Promise<unknown> = async () => {
  throw new Error('the node agent is not up yet');
};
onMessages(control, fromSupervisor);
control.on('close', () => process.exit(0));

function fromSupervisor(message: Message): void {
  if (message.type === 'listened') {
    const entry = asked.get(Number(message['id']));
    asked.delete(Number(message['id']));
    if (message['error'] === undefined) entry?.resolve(Number(message['port']));
    else
      entry?.reject(Object.assign(new Error(String(message['error'])), { code: message['code'] }));
  }
  if (message.type === 'command') {
    const { id } = message;
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
  sendMessage(control, { type: 'begin', name });
  const result = await work();
  sendMessage(control, { type: 'step', name, ms: Math.round(performance.now() - began) });
  return result;
}

async function mounts(): Promise<void> {
  await runCommand('mount', ['--make-rprivate', '/']);
  await runCommand('mount', ['-t', 'tmpfs', 'quorate-run', '/run']);
  await runCommand('mkdir', ['-p', '/run/netns']);
}

async function main(): Promise<void> {
  const nodes = Array.from({ length: nodeCount }, (_, i) => nodeAddress(i + 1));
  const [pki] = await Promise.all([
    step('certificates', () => managementPki(state, nodes)),
    step('network', async () => {
      await mounts();
      await setUpMachineNetwork(nodeCount);
    }),
  ]);
  const inside = join(state.run, 'inside.kubeconfig');
  writeFileSync(inside, adminKubeconfig(`https://${gateway}:${managementPort}`, pki), {
    mode: 0o600,
  });
  const cluster = connectCluster({ kubeconfig: inside, userAgent: 'quorate-local' });
  await step('management API server', async () => {
    keepRunning(state, 'management-apiserver', apiServerArguments(state, pki));
    keepRunning(state, 'management-controllers', controllerArguments(state, pki, inside));
    keepRunning(state, 'management-operator', operatorArguments(inside));
    await untilReady(pki, 60_000);
    const outer = await openOutside('127.0.0.1', 0);
    const relay = new Relay({
      endpoints: () => [
        {
          address: gateway,
          port: managementPort,
          ready: true,
          terminating: false,
          hostname: undefined,
        },
      ],
      sticky: () => false,
    });
    relay.serve(outer.server);
    const outside = join(state.root, 'management.kubeconfig');
    writeFileSync(outside, adminKubeconfig(`https://127.0.0.1:${outer.port}`, pki), {
      mode: 0o600,
    });
  });
  await step('local nodes', async () => {
    await makeStorageClass();
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
    startProxy(informers);
    informers.start();
    await informers.synced();
  });
  sendMessage(control, { type: 'ready' });

  async function makeStorageClass(): Promise<void> {
    await cluster.apply(
      storageClasses,
      {
        apiVersion: 'storage.k8s.io/v1',
        kind: 'StorageClass',
        metadata: {
          name: 'local',
          annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' },
        },
        provisioner: 'quorate.dev/local',
        reclaimPolicy: 'Delete',
        volumeBindingMode: 'WaitForFirstConsumer',
      },
      { fieldManager: 'quorate-local', force: true },
    );
  }

  function startProxy(informers: InformerSet): void {
    const serviceInformer = informers.of(services);
    const sliceInformer = informers.of(endpointSlices);
    const directory = new ServiceDirectory(serviceInformer, sliceInformer);
    const listenOutside = async (address: string, port: number): Promise<Server> =>
      (await openOutside(address, port)).server;
    const balancers = new LoadBalancers({ cluster, listenOutside });
    const relays = new ServiceRelays({
      services: serviceInformer,
      directory,
      log,
      listenOutside: (address, port) => balancers.listen(address, port),
    });
    const loop = new Loop({
      name: 'services',
      log,
      async reconcile(key) {
        const service = await balancers.assign(key, serviceInformer.store.get(key));
        if (service !== undefined) serviceInformer.observe(service);
        await relays.reconcile(key);
        return done;
      },
      maxMs: 5_000,
    });
    serviceInformer.on(({ object }) => loop.add(keyOf(object)));
    sliceInformer.on(({ object }) => {
      const name = object.metadata.labels?.['kubernetes.io/service-name'];
      if (name !== undefined) relays.refresh(`${object.metadata.namespace}/${name}`);
    });
    loop.start();
    serveDns({ directory, zone: clusterDomain, address: dnsAddress, port: 53 }).catch(
      (error: unknown) => log.error({ error }, 'the cluster DNS cannot listen'),
    );
  }
}

process.on('unhandledRejection', (error) => log.error({ error }, 'unhandled rejection'));
main().catch((error: unknown) => {
  log.error({ error }, 'the local machine could not be started');
  sendMessage(control, { type: 'failed', step: 'start', error: (error as Error).message });
  setTimeout(() => process.exit(1), 100);
});
