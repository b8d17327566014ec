import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '../../../log/log.ts';
import type { KubeObject } from '../../../object/object.ts';
import { claimNameOf, type PodVolume } from '../../../object/pod-volume.ts';
import type { Cluster } from '../../../reconciler/cluster.ts';
import { createEventRecorder, type EventRecorder } from '../../../reconciler/events.ts';
import type { InformerSet } from '../../../reconciler/informer-set.ts';
import { keyOf } from '../../../reconciler/store.ts';
import { AddressPool, nodeAddress } from '../network/addresses.ts';
import { claims, configMaps, pods, secrets, volumes } from '../resources.ts';
import { type FaultCommand, Faults } from './faults.ts';
import { type KubeletServer, serveKubelet } from './kubelet-server.ts';
import { keepNodes, nodeName, nodeResources } from './nodes.ts';
import type { PodPorts } from './pod-ports.ts';
import { PodRunner } from './pod-runner.ts';
import { TokenKeeper } from './tokens.ts';
import type { VolumeSources } from './volumes.ts';

/**
 * The local node agent: does for this machine what kubelets do, with processes in namespaces for
 * containers. Several Node objects may stand for the one machine, so that spreading is real.
 */
export interface AgentOptions {
  cluster: Cluster;
  /** Not yet started, or started: informers asked for here are started with it. */
  informers: InformerSet;
  nodeCount: number;
  /** Absolute. Pods live in `pods/`, claims in `volumes/`. */
  state: string;
  log: Logger;
  kubeletCertificate: { certificatePem: string; privateKeyPem: string };
  clientCaPem: string;
}

export interface Agent {
  faults(command: FaultCommand): Promise<unknown>;
  /** Ends every pod, without telling the API: SIGTERM, and SIGKILL after `graceMs` at the latest. */
  stop(graceMs: number): Promise<void>;
}

const checkout = join(import.meta.dirname, '../../..');

export async function startAgent(options: AgentOptions): Promise<Agent> {
  // what an earlier run left: its processes died with it
  rmSync(join(options.state, 'pods'), { recursive: true, force: true });
  const machine = new Machine(options);
  const stopNodes = await keepNodes(options.cluster, {
    count: options.nodeCount,
    state: options.state,
    log: options.log,
  });
  const kubelet: KubeletServer = await serveKubelet({
    certificate: options.kubeletCertificate,
    clientCaPem: options.clientCaPem,
    find: (namespace, name) => machine.find(namespace, name),
  });
  machine.begin();
  const faults = new Faults({
    find: (namespace, name) => machine.find(namespace, name),
    all: () => machine.runners(),
    claimFolders: (pod) => machine.claimFolders(pod),
  });
  return {
    faults: (command) => faults.run(command),
    async stop(graceMs) {
      machine.stopping = true;
      stopNodes();
      kubelet.close();
      await Promise.all([...machine.runners()].map((runner) => runner.abandon(graceMs)));
    },
  };
}

class Machine {
  readonly #options: AgentOptions;
  readonly #runners = new Map<string, PodRunner>();
  readonly #pools = new Map<string, AddressPool>();
  readonly #hostIPs = new Map<string, string>();
  readonly #tokens: TokenKeeper;
  readonly #events: EventRecorder;
  /** No pod begins any more. */
  stopping = false;
  #index = 0;

  constructor(options: AgentOptions) {
    this.#options = options;
    this.#tokens = new TokenKeeper(options.cluster);
    this.#events = createEventRecorder(options.cluster, 'kubelet', options.log);
    for (let index = 1; index <= options.nodeCount; index++) {
      this.#pools.set(nodeName(index), new AddressPool(index));
      this.#hostIPs.set(nodeName(index), nodeAddress(index));
    }
    // asked for now, so that they are started with the rest
    for (const ref of [pods, secrets, configMaps, claims, volumes]) options.informers.of(ref);
  }

  begin(): void {
    const { informers } = this.#options;
    informers.of(pods).on(({ type, object }) => this.#podChanged(type, object));
    const refresh = ({ namespace, name = '' }: { namespace?: string; name?: string }): void => {
      for (const runner of this.#runners.values()) {
        if (runner.pod.metadata.namespace === namespace) runner.refresh(name);
      }
    };
    informers.of(volumes).on(({ type, object }) => {
      if (type === 'deleted') this.#removeVolume(object);
      else refresh(object['spec']?.claimRef ?? {});
    });
    for (const ref of [secrets, configMaps, claims]) {
      informers.of(ref).on(({ object }) => refresh(object.metadata));
    }
  }

  /** A volume that is gone takes its folder with it, unless its policy was to keep the data. */
  #removeVolume(volume: KubeObject): void {
    if (volume['spec']?.persistentVolumeReclaimPolicy !== 'Delete') return;
    const folder = join(this.#options.state, 'volumes', volume.metadata.name ?? '.');
    rmSync(folder, { recursive: true, force: true });
  }

  runners(): Iterable<PodRunner> {
    return this.#runners.values();
  }

  find(namespace: string, name: string): PodRunner | undefined {
    for (const runner of this.#runners.values()) {
      const { metadata } = runner.pod;
      if (metadata.namespace === namespace && metadata.name === name) return runner;
    }
    return undefined;
  }

  claimFolders({ pod }: PodRunner): string[] {
    const volumes: PodVolume[] = pod['spec']?.volumes ?? [];
    const names = volumes.flatMap((volume) => claimNameOf(pod, volume) ?? []);
    const found = names.map((name) => this.#claimFolder(pod.metadata.namespace ?? '', name));
    return found.filter((folder) => folder !== undefined);
  }

  #podChanged(type: string, pod: KubeObject): void {
    const uid = pod.metadata.uid ?? '';
    const known = this.#runners.get(uid);
    if (type === 'deleted') {
      // gone from the API without us: end it all the same, with the grace of its last version
      known?.update(pod);
      if (known !== undefined) this.#end(uid, known);
      return;
    }
    if (known !== undefined) {
      known.update(pod);
      if (pod.metadata.deletionTimestamp != null) this.#end(uid, known);
      return;
    }
    const hostIP = this.#hostIPs.get(pod['spec']?.nodeName ?? '');
    if (hostIP === undefined || this.stopping) return;
    const phase: string = pod['status']?.phase ?? '';
    if (phase === 'Succeeded' || phase === 'Failed') return;
    if (pod.metadata.deletionTimestamp != null) {
      this.#remove(pod).catch((error: unknown) => this.#warn(pod, error));
      return;
    }
    this.#begin(uid, pod, hostIP);
  }

  #begin(uid: string, pod: KubeObject, hostIP: string): void {
    const address = this.#pools.get(pod['spec'].nodeName)?.take(pod['status']?.podIP);
    if (address === undefined) {
      this.#events.record(
        pod,
        'Warning',
        'FailedCreatePodSandBox',
        'no pod address is free on this node',
      );
      return;
    }
    this.#index += 1;
    const runner = new PodRunner(pod, address, this.#index, this.#ports(pod, hostIP));
    this.#runners.set(uid, runner);
    runner.start();
  }

  #end(uid: string, runner: PodRunner): void {
    void runner.stop().then(() => {
      if (this.#runners.get(uid) !== runner) return;
      this.#runners.delete(uid);
      this.#pools.get(runner.pod['spec'].nodeName)?.release(runner.podIP);
    });
  }

  #ports(pod: KubeObject, hostIP: string): PodPorts {
    const { cluster, informers, log, state } = this.#options;
    const key = keyOf(pod);
    return {
      state,
      checkout,
      hostIP,
      log,
      current: () => informers.of(pods).store.get(key),
      sources: (of, podIP) => this.#sources(of, podIP, hostIP),
      async writeStatus(of, status) {
        const { namespace = '', name = '', uid } = of.metadata;
        const target = { namespace, name, subresource: 'status' };
        await cluster.patch(pods, target, 'merge', { metadata: { uid }, status });
      },
      remove: (of) => this.#remove(of),
      event: (of, type, reason, message) => this.#events.record(of, type, reason, message),
    };
  }

  async #remove(pod: KubeObject): Promise<void> {
    const { namespace = '', name = '', uid } = pod.metadata;
    await this.#options.cluster.delete(pods, namespace, name, {
      gracePeriodSeconds: 0,
      ...(uid === undefined ? {} : { uid }),
    });
  }

  #sources(pod: KubeObject, podIP: string, hostIP: string): VolumeSources {
    const { informers, state } = this.#options;
    const namespace = pod.metadata.namespace ?? '';
    return {
      pod,
      podIP,
      hostIP,
      allocatable: nodeResources(state),
      secret: (name) => informers.of(secrets).store.get(`${namespace}/${name}`),
      configMap: (name) => informers.of(configMaps).store.get(`${namespace}/${name}`),
      claimFolder: (name) => this.#claimFolder(namespace, name),
      token: (source) => this.#tokens.token(pod, source),
    };
  }

  /** Where the bound volume of a claim lies: its own path if it names one, else below our state. */
  #claimFolder(namespace: string, name: string): string | undefined {
    const { informers, state } = this.#options;
    const claim = informers.of(claims).store.get(`${namespace}/${name}`);
    const volumeName: string | undefined = claim?.['spec']?.volumeName;
    if (claim?.['status']?.phase !== 'Bound' || volumeName === undefined) return undefined;
    const volume = informers.of(volumes).store.get(volumeName);
    if (volume === undefined) return undefined;
    return join(state, 'volumes', volumeName);
  }

  #warn(pod: KubeObject, error: unknown): void {
    this.#options.log.warn({ pod: keyOf(pod), error }, 'a pod could not be removed');
  }
}
