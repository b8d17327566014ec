import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type KubeObject, timestamp } from '../../../object/object.ts';
import { RestartBackoff, writtenDelay } from '../node/backoff.ts';
import { type ContainerSpec, containerEnvironment, expand } from '../node/environment.ts';
import { commandLine, imageConfig, unknownImage } from '../node/image.ts';
import { type ContainerEnd, type ContainerRun, runInside, startContainer } from './container.ts';
import { look, ProbeLoop } from './probe.ts';
import { containerPath, rootScript } from './root.ts';
import type { ContainerState } from './status.ts';
import type { VolumeSources } from './volumes.ts';

export interface ContainerContext {
  folder: string;
  checkout: string;
  netns: string;
  podIP: string;
  pod(): KubeObject;
  /** Folder of each volume by its name. */
  mounts: ReadonlyMap<string, string>;
  sources(): VolumeSources;
  changed(): void;
  event(type: 'Normal' | 'Warning', reason: string, message: string): void;
  stopping(): boolean;
}

const logBytesMax = 10 * 1024 * 1024;

// oxlint-disable-next-line no-explicit-any -- the API server has checked the container's shape
type Fields = Record<string, any>;

/** One container of a pod through all its runs: start, probes, end, back-off, start again. */
export class ContainerRunner {
  readonly state: ContainerState;
  readonly #spec: ContainerSpec & Fields;
  readonly #context: ContainerContext;
  readonly #backoff = new RestartBackoff();
  #run: ContainerRun | undefined;
  #probes: ProbeLoop[] = [];
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(spec: ContainerSpec, init: boolean, context: ContainerContext) {
    this.#spec = spec;
    this.#context = context;
    this.state = {
      name: spec.name,
      image: spec.image,
      init,
      restarts: 0,
      ready: false,
      started: false,
      state: { waiting: { reason: init ? 'PodInitializing' : 'ContainerCreating' } },
      lastState: {},
      pid: 0,
    };
  }

  get logFile(): string {
    return join(this.#context.folder, 'logs', `${this.#spec.name}.log`);
  }

  get pid(): number {
    return this.#run?.pid ?? 0;
  }

  /** An init container: again until it succeeds; false when the pod ends first, or may not retry. */
  async runToSuccess(): Promise<boolean> {
    for (;;) {
      const end = await this.#runOnce();
      if (end === undefined) return false;
      if (end.exitCode === 0) {
        this.state.ready = true;
        this.#context.changed();
        return true;
      }
      if (this.#context.pod()['spec']?.restartPolicy === 'Never') return false;
      if (!(await this.#backOff())) return false;
    }
  }

  keepRunning(): void {
    void (async () => {
      for (;;) {
        const end = await this.#runOnce();
        if (end === undefined) return;
        const policy: string = this.#context.pod()['spec']?.restartPolicy ?? 'Always';
        if (policy === 'Never' || (policy === 'OnFailure' && end.exitCode === 0)) return;
        if (!(await this.#backOff())) return;
      }
    })();
  }

  /** preStop, SIGTERM, and SIGKILL when the grace is over. */
  async stop(graceMs: number): Promise<void> {
    this.#stopped = true;
    this.#wake?.();
    for (const probe of this.#probes) probe.stop();
    const run = this.#run;
    if (run === undefined) return;
    const timer = setTimeout(() => run.signal('SIGKILL'), graceMs);
    const hook = this.#spec['lifecycle']?.preStop;
    if (hook?.exec !== undefined) await runInside(run.pid, hook.exec.command, graceMs);
    else if (hook?.sleep !== undefined) await sleep(Math.min(hook.sleep.seconds * 1000, graceMs));
    run.signal('SIGTERM');
    await run.ended;
    clearTimeout(timer);
  }

  /** Undefined when the pod is ending. */
  async #runOnce(): Promise<ContainerEnd | undefined> {
    let run: ContainerRun;
    for (;;) {
      if (this.#stopped || this.#context.stopping()) return undefined;
      try {
        run = this.#start();
        break;
      } catch (error) {
        const { message } = error as Error;
        const reason = message.includes('cannot pull')
          ? 'ErrImagePull'
          : 'CreateContainerConfigError';
        this.state.state = { waiting: { reason, message } };
        this.#context.event('Warning', 'Failed', `Error: ${message}`);
        this.#context.changed();
        if (!(await this.#pause(2_000))) return undefined;
      }
    }
    this.#run = run;
    this.state.pid = run.pid;
    this.state.state = { running: { startedAt: timestamp(run.startedAt) } };
    this.state.started = this.#spec['startupProbe'] === undefined;
    this.state.ready = this.#spec['readinessProbe'] === undefined && this.state.started;
    this.#startProbes(run);
    this.#context.changed();
    const end = await run.ended;
    for (const probe of this.#probes) probe.stop();
    this.#run = undefined;
    this.state.pid = 0;
    this.state.ready = false;
    this.state.started = false;
    this.state.state = {
      terminated: {
        exitCode: end.exitCode,
        ...(end.signal === 0 ? {} : { signal: end.signal }),
        reason: end.exitCode === 0 ? 'Completed' : 'Error',
        startedAt: timestamp(run.startedAt),
        finishedAt: timestamp(end.finishedAt),
      },
    };
    this.#context.changed();
    return this.#stopped ? undefined : end;
  }

  async #backOff(): Promise<boolean> {
    const waitMs = this.#backoff.next(performance.now());
    if ('terminated' in this.state.state) this.state.lastState = this.state.state;
    if (waitMs > 0) {
      const pod = this.#context.pod();
      const name = `${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})`;
      const message = `back-off ${writtenDelay(waitMs)} restarting failed container=${this.#spec.name} pod=${name}`;
      this.state.state = { waiting: { reason: 'CrashLoopBackOff', message } };
      this.#context.event('Warning', 'BackOff', message);
      this.#context.changed();
      if (!(await this.#pause(waitMs))) return false;
    }
    this.state.restarts += 1;
    return !this.#stopped;
  }

  async #pause(ms: number): Promise<boolean> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    return !this.#stopped;
  }

  #start(): ContainerRun {
    const spec = this.#spec;
    const context = this.#context;
    const image = imageConfig(spec.image);
    if (image === undefined) throw new Error(unknownImage(spec.image));
    const environment = containerEnvironment(spec, context.sources() as never, {
      PATH: containerPath,
      HOSTNAME: context.pod()['spec']?.hostname ?? context.pod().metadata.name ?? '',
      HOME: '/root',
      ...(process.env['NODE_COMPILE_CACHE'] === undefined
        ? {}
        : { NODE_COMPILE_CACHE: '/quorate/.cache/node' }),
    });
    const command = commandLine(image, spec.command ?? [], spec.args ?? []).map((word) =>
      expand(word, environment),
    );
    const folder = join(context.folder, 'roots', `${spec.name}-${this.state.restarts}`);
    rmSync(join(context.folder, 'roots', `${spec.name}-${this.state.restarts - 1}`), {
      recursive: true,
      force: true,
    });
    mkdirSync(folder, { recursive: true });
    const script = rootScript({
      folder,
      etc: join(context.folder, 'etc'),
      checkout: context.checkout,
      node: process.execPath,
      mounts: this.#mounts(),
      workingDir: spec.workingDir || image.workingDir,
      hostname: environment['HOSTNAME'] ?? '',
      command,
    });
    return startContainer({
      netns: context.netns,
      script,
      environment,
      logFile: this.logFile,
      logBytesMax,
    });
  }

  #mounts(): { source: string; target: string; readOnly: boolean }[] {
    const mounts: Fields[] = this.#spec['volumeMounts'] ?? [];
    // a mount below another one must come after it
    return mounts
      .map((mount) => {
        const source = this.#context.mounts.get(mount['name']);
        if (source === undefined) throw new Error(`volume ${mount['name']} is not mounted`);
        return {
          source: mount['subPath'] ? join(source, mount['subPath']) : source,
          target: mount['mountPath'] as string,
          readOnly: mount['readOnly'] === true,
        };
      })
      .sort((a, b) => (a.target < b.target ? -1 : 1));
  }

  #startProbes(run: ContainerRun): void {
    const { startupProbe, livenessProbe, readinessProbe } = this.#spec;
    const ports = new Map<string, number>(
      (this.#spec['ports'] ?? []).map((p: Fields) => [p['name'] ?? '', p['containerPort']]),
    );
    const lookAt = (probe: Fields) => () =>
      look(probe, { podIP: this.#context.podIP, pid: run.pid, ports });
    const kill = (what: string): void => {
      this.#context.event('Warning', 'Unhealthy', `${what} probe failed`);
      this.#context.event(
        'Normal',
        'Killing',
        `Container ${this.#spec.name} failed ${what.toLowerCase()} probe, will be restarted`,
      );
      run.signal('SIGTERM');
      setTimeout(() => run.signal('SIGKILL'), 5_000).unref();
    };
    const others = (): void => {
      if (livenessProbe !== undefined) {
        this.#probes.push(
          new ProbeLoop(
            livenessProbe as Fields,
            lookAt(livenessProbe as Fields),
            (ok) => ok || kill('Liveness'),
          ),
        );
      }
      if (readinessProbe === undefined) return;
      const ready = (ok: boolean): void => {
        this.state.ready = ok;
        this.#context.changed();
      };
      this.#probes.push(
        new ProbeLoop(readinessProbe as Fields, lookAt(readinessProbe as Fields), ready, true),
      );
    };
    this.#probes = [];
    if (startupProbe === undefined) return others();
    this.#probes.push(
      new ProbeLoop(startupProbe as Fields, lookAt(startupProbe as Fields), (ok) => {
        if (!ok) return kill('Startup');
        this.#probes.shift()?.stop();
        this.state.started = true;
        if (readinessProbe === undefined) this.state.ready = true;
        others();
        this.#context.changed();
      }),
    );
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
