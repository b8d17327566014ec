import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type KubeObject, timestamp } from '../../../object/object.ts';
import { addPodLink, type PodLink, removePodLink } from '../network/links.ts';
import type { ContainerSpec } from '../node/environment.ts';
import { type ContainerContext, ContainerRunner } from './container-runner.ts';
import { writeEtc } from './pod-etc.ts';
import { Deadline } from './deadline.ts';
import type { PodPorts } from './pod-ports.ts';
import { isOver, podStatus, statesOf, type ContainerRole } from './status.ts';
import { refusedOf, unenforcedOf } from './support.ts';
import { isProjected, prepareVolume } from './volumes.ts';

/** Mounted API objects are looked at again this often, beside at every change that is heard of. */
const refreshMs = 10_000;
const retryMs = 500;

/** The life of one pod on this machine: network, volumes, init containers, containers, end. */
export class PodRunner {
  readonly uid: string;
  readonly link: PodLink;
  readonly podIP: string;
  readonly folder: string;
  readonly #ports: PodPorts;
  readonly #startTime = timestamp();
  readonly #containers: ContainerRunner[] = [];
  #pod: KubeObject;
  #initialized = false;
  #rejection: Record<string, unknown> | undefined;
  #linked = false;
  /** What prepares the pod and starts its containers one after the other. */
  #starting: Promise<void> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  readonly #deadline = new Deadline(() => void this.#exceed());
  #expired = false;
  #silent = false;
  #refreshTimer: NodeJS.Timeout | undefined;
  #writing = false;
  #dirty = false;
  #mounts = new Map<string, string>();
  #wake: (() => void) | undefined;
  /** As text; they never change. */
  #volumes: string | undefined;

  constructor(pod: KubeObject, podIP: string, index: number, ports: PodPorts) {
    this.uid = pod.metadata.uid ?? '';
    this.#pod = pod;
    this.podIP = podIP;
    this.#ports = ports;
    this.link = { namespace: `pod${index}`, link: `veth${index}`, address: podIP };
    this.folder = join(ports.state, 'pods', this.uid);
  }

  get pod(): KubeObject {
    return this.#pod;
  }

  get containers(): readonly ContainerRunner[] {
    return this.#containers;
  }

  start(): void {
    this.#starting = this.#run().catch((error: unknown) => {
      this.#ports.log.error({ pod: this.#name(), error }, 'a pod could not be run');
    });
  }

  /** A new version of the pod's object. */
  update(pod: KubeObject): void {
    this.#pod = pod;
    if (pod.metadata.deletionTimestamp != null) void this.stop();
    else this.#watchDeadline();
    if (this.#initialized) this.#begin('ephemeral', pod['spec']?.ephemeralContainers);
  }

  #watchDeadline(): void {
    if (this.#rejection !== undefined || this.#stopping !== undefined) return;
    const seconds: number | undefined = this.#pod['spec']?.activeDeadlineSeconds ?? undefined;
    this.#deadline.set(Date.parse(this.#startTime), seconds);
  }

  /** The pod has failed, and stays; a pod that has ended by itself before has no deadline any more. */
  async #exceed(): Promise<void> {
    if (isOver(podStatus(this.#pod, this.#facts(), new Date()))) return;
    const reason = 'DeadlineExceeded';
    const message = 'Pod was active on the node longer than the specified deadline';
    this.#ports.event(this.#pod, 'Normal', reason, message);
    this.#expired = true;
    await this.#endContainers(Number.POSITIVE_INFINITY);
    this.#rejection = {
      ...podStatus(this.#pod, this.#facts(), new Date()),
      ...{ phase: 'Failed', reason, message },
    };
    this.#changed();
  }

  /** An API object of this name, which a volume may show or be, has changed. */
  refresh(name: string): void {
    this.#volumes ??= JSON.stringify(this.#pod['spec']?.volumes ?? []);
    if (!this.#volumes.includes(`"${name}"`)) return;
    this.#wake?.();
    if (this.#linked && this.#stopping === undefined)
      void this.#prepareVolumes(true).catch(() => {});
  }

  /** Graceful end; resolves when everything of the pod is gone. */
  stop(): Promise<void> {
    this.#stopping ??= this.#end();
    return this.#stopping;
  }

  /**
   * The machine stops: ends its processes as {@link stop} does, within `mostMs`, and tells nobody, so
   * that the pod goes on when the machine is started again.
   */
  abandon(mostMs: number): Promise<void> {
    clearInterval(this.#refreshTimer);
    this.#deadline.clear();
    this.#silent = true;
    this.#stopping ??= this.#endContainers(mostMs);
    return this.#stopping;
  }

  /** As a kubelet that does not admit a pod: it has failed, and says why. False when it may run. */
  #refuse(): boolean {
    const refused = refusedOf(this.#pod['spec'] ?? {});
    if (refused.length === 0) return false;
    const reason = 'UnsupportedPodSpec';
    const message = `Pod was rejected: a local node does not support ${refused.join(', ')}`;
    this.#ports.event(this.#pod, 'Warning', reason, message);
    this.#rejection = { phase: 'Failed', reason, message, startTime: this.#startTime };
    this.#changed();
    return true;
  }

  #tellUnenforced(): void {
    const fields = unenforcedOf(this.#pod['spec'] ?? {});
    if (fields.length === 0) return;
    const message = `without effect on a local node: ${fields.join(', ')}`;
    this.#ports.event(this.#pod, 'Normal', 'NotEnforced', message);
  }

  async #run(): Promise<void> {
    if (this.#refuse()) return;
    this.#watchDeadline();
    this.#tellUnenforced();
    mkdirSync(this.folder, { recursive: true });
    await addPodLink(this.link);
    this.#linked = true;
    // its address is of use to others (DNS) before its processes run
    this.#changed();
    writeEtc(this.folder, this.#pod, this.podIP);
    await this.#untilPrepared();
    if (this.#stopping !== undefined) return;
    const again = (): void => void this.#prepareVolumes(true).catch(() => {});
    this.#refreshTimer = setInterval(again, refreshMs);
    const spec = this.#pod['spec'] ?? {};
    for (const init of (spec.initContainers ?? []) as ContainerSpec[]) {
      const runner = new ContainerRunner(init, 'init', this.#context());
      this.#containers.push(runner);
      if (!(await runner.runToSuccess())) return;
    }
    this.#initialized = true;
    this.#begin('main', spec.containers);
    this.#begin('ephemeral', this.#pod['spec']?.ephemeralContainers);
    this.#changed();
  }

  /** Those not begun yet: ephemeral ones are added while the pod runs. */
  #begin(role: ContainerRole, specs: readonly ContainerSpec[] = []): void {
    for (const container of specs) {
      if (this.#containers.some(({ state }) => state.name === container.name)) continue;
      const runner = new ContainerRunner(container, role, this.#context());
      this.#containers.push(runner);
      if (this.#stopping === undefined) runner.keepRunning();
    }
  }

  #context(): ContainerContext {
    return {
      folder: this.folder,
      checkout: this.#ports.checkout,
      netns: this.link.namespace,
      podIP: this.podIP,
      pod: () => this.#pod,
      mounts: this.#mounts,
      sources: () => this.#ports.sources(this.#pod, this.podIP),
      changed: () => this.#changed(),
      event: (type, reason, message) => this.#ports.event(this.#pod, type, reason, message),
      stopping: () => this.#stopping !== undefined || this.#expired,
    };
  }

  /** Volumes may name what does not exist yet: the pod waits, and says for what. */
  async #untilPrepared(): Promise<void> {
    let told = '';
    while (this.#stopping === undefined) {
      try {
        await this.#prepareVolumes(false);
        return;
      } catch (error) {
        const { message } = error as Error;
        if (message !== told) {
          told = message;
          this.#ports.event(
            this.#pod,
            'Warning',
            'FailedMount',
            `MountVolume.SetUp failed: ${message}`,
          );
          this.#changed();
        }
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, retryMs);
          this.#wake = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
    }
  }

  async #prepareVolumes(onlyProjected: boolean): Promise<void> {
    const sources = this.#ports.sources(this.#pod, this.podIP);
    for (const volume of this.#pod['spec']?.volumes ?? []) {
      if (onlyProjected && !isProjected(volume)) continue;
      const folder = join(this.folder, 'volumes', volume.name);
      this.#mounts.set(volume.name, await prepareVolume(volume, folder, sources));
    }
  }

  async #end(): Promise<void> {
    clearInterval(this.#refreshTimer);
    this.#deadline.clear();
    this.#changed();
    this.#wake?.();
    // nothing of it may be begun, or still run, when its folder goes
    await Promise.all([this.#starting, this.#endContainers(Number.POSITIVE_INFINITY)]);
    if (this.#linked) await removePodLink(this.link).catch(() => {});
    rmSync(this.folder, { recursive: true, force: true });
    const pod = this.#ports.current();
    if (pod !== undefined && pod.metadata.uid === this.uid) await this.#ports.remove(pod);
  }

  async #endContainers(mostMs: number): Promise<void> {
    const grace: number =
      this.#pod.metadata.deletionGracePeriodSeconds ??
      this.#pod['spec']?.terminationGracePeriodSeconds ??
      30;
    const graceMs = Math.min(grace * 1000, mostMs);
    await Promise.all(this.#containers.map((container) => container.stop(graceMs)));
  }

  /** Writes the status soon; changes that come while it is written are written after. */
  #changed(): void {
    if (this.#silent) return;
    this.#dirty = true;
    if (!this.#writing) void this.#write();
  }

  async #write(): Promise<void> {
    this.#writing = true;
    while (this.#dirty) {
      this.#dirty = false;
      const pod = this.#ports.current();
      if (pod === undefined || pod.metadata.uid !== this.uid) break;
      const status = this.#rejection ?? podStatus(pod, this.#facts(), new Date());
      try {
        await this.#ports.writeStatus(pod, status);
      } catch (error) {
        this.#ports.log.debug(
          { pod: this.#name(), error },
          'a pod status could not be written yet',
        );
        this.#dirty = true;
        await new Promise((resolve) => setTimeout(resolve, retryMs));
      }
    }
    this.#writing = false;
  }

  #facts(): Parameters<typeof podStatus>[1] {
    const spec = this.#pod['spec'] ?? {};
    const begun = this.#containers.map((c) => c.state);
    return {
      podIP: this.#linked ? this.podIP : '',
      hostIP: this.#ports.hostIP,
      startTime: this.#startTime,
      containers: statesOf(spec, begun),
      initialized: this.#initialized || (spec.initContainers ?? []).length === 0,
      terminating: this.#stopping !== undefined,
    };
  }

  #name(): string {
    return `${this.#pod.metadata.namespace}/${this.#pod.metadata.name}`;
  }
}
