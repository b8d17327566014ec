import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { type KubeObject, timestamp } from '../../../object/object.ts';
import { RestartBackoff, writtenDelay } from '../node/backoff.ts';
import type { ContainerSpec } from '../node/environment.ts';
import type { ContainerEnd, ContainerRun } from './container.ts';
import { launchContainer } from './container-launch.ts';
import { timerMostMs } from './deadline.ts';
import { runHook } from './hook.ts';
import { LogFile } from './log-file.ts';
import { look, type NamedPorts, ProbeLoop } from './probe.ts';
import { type ContainerRole, type ContainerState, waitingState } from './status.ts';
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

/**
 * The kernel drops what is sent to a first process that does not handle it yet. Between a kubelet's start of a
 * container and its stop lies about this; here nothing would.
 */
const hearsAfterMs = 100;
/** Limit of a postStart hook; the kubelet has none. */
const hookMs = 60_000;

// oxlint-disable-next-line no-explicit-any -- the API server has checked the container's shape
type Fields = Record<string, any>;

/** One container of a pod through all its runs: start, probes, end, back-off, start again. */
export class ContainerRunner {
  readonly state: ContainerState;
  readonly #spec: ContainerSpec & Fields;
  readonly #context: ContainerContext;
  readonly #backoff = new RestartBackoff();
  #starting: Promise<ContainerRun> | undefined;
  #run: ContainerRun | undefined;
  /** When its program began, on the monotonic clock. */
  #runsSince = 0;
  #log: LogFile | undefined;
  #previousLog: LogFile | undefined;
  #probes: ProbeLoop[] = [];
  #stopped = false;
  #wake: (() => void) | undefined;

  constructor(spec: ContainerSpec, role: ContainerRole, context: ContainerContext) {
    this.#spec = spec;
    this.#context = context;
    this.state = waitingState(spec, role);
  }

  /** Of the present or last run, or of the one before it; undefined when there was none. */
  log(previous: boolean): LogFile | undefined {
    return previous ? this.#previousLog : this.#log;
  }

  get stdin(): Writable | undefined {
    return this.#run?.stdin;
  }

  /** SIGKILL to its first process, and so to all of it; the id that was killed, 0 for none. */
  kill(): number {
    const { pid } = this;
    this.#run?.signal('SIGKILL');
    return pid;
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

  /** As the pod's policy says; an ephemeral container runs once. */
  keepRunning(): void {
    void (async () => {
      for (;;) {
        const end = await this.#runOnce();
        if (end === undefined) return;
        if (this.state.role === 'ephemeral') return;
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
    // one that is being started is there to be told in a moment
    await this.#starting?.catch(() => {});
    const run = this.#run;
    if (run === undefined) return;
    const timer = setTimeout(() => run.signal('SIGKILL'), Math.min(graceMs, timerMostMs));
    const hook: Fields | undefined = this.#spec['lifecycle']?.preStop;
    if (hook !== undefined && !(await this.#hook(hook, run.pid, graceMs))) {
      this.#context.event('Warning', 'FailedPreStopHook', 'PreStopHook failed');
    }
    await sleep(Math.max(0, this.#runsSince + hearsAfterMs - performance.now()));
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
        this.#starting = this.#start();
        run = await this.#starting;
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
    this.#runsSince = performance.now();
    this.state.pid = run.pid;
    this.state.state = { running: { startedAt: timestamp(run.startedAt) } };
    this.state.started = this.#spec['startupProbe'] === undefined;
    this.state.ready = this.#spec['readinessProbe'] === undefined && this.state.started;
    const { postStart } = (this.#spec['lifecycle'] ?? {}) as { postStart?: Fields };
    if (postStart === undefined) this.#startProbes(run);
    else void this.#postStart(postStart, run);
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

  /** The probes wait for the hook; when it fails, the container is started again. */
  async #postStart(hook: Fields, run: ContainerRun): Promise<void> {
    if (await this.#hook(hook, run.pid, hookMs)) {
      if (this.#run === run) this.#startProbes(run);
      return;
    }
    this.#context.event('Warning', 'FailedPostStartHook', 'PostStartHook failed');
    run.signal('SIGKILL');
  }

  #hook(hook: Fields, pid: number, timeoutMs: number): Promise<boolean> {
    const { podIP } = this.#context;
    return runHook(hook, { podIP, pid, ports: portsOf(this.#spec), timeoutMs });
  }

  async #start(): Promise<ContainerRun> {
    const { folder } = this.#context;
    const log = new LogFile(join(folder, 'logs', `${this.#spec.name}-${this.state.restarts}.log`));
    try {
      const run = await launchContainer(this.#spec, this.#context, log);
      // the run before the last is forgotten, as the kubelet forgets it
      this.#previousLog?.remove();
      this.#previousLog = this.#log;
      this.#log = log;
      return run;
    } catch (error) {
      log.close();
      throw error;
    }
  }

  #startProbes(run: ContainerRun): void {
    const { startupProbe, livenessProbe, readinessProbe } = this.#spec;
    const ports = portsOf(this.#spec);
    const lookAt = (probe: Fields) => () =>
      look(probe, { podIP: this.#context.podIP, pid: run.pid, ports });
    const kill = (what: string): void => {
      this.#context.event('Warning', 'Unhealthy', `${what} probe failed`);
      this.#context.event(
        'Normal',
        'Killing',
        `Container ${this.#spec.name} failed ${what.toLowerCase()} probe, will be restarted`,
      );
      const grace: number = this.#context.pod()['spec']?.terminationGracePeriodSeconds ?? 30;
      run.signal('SIGTERM');
      setTimeout(() => run.signal('SIGKILL'), Math.min(grace * 1000, timerMostMs)).unref();
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
    const started = (ok: boolean): void => {
      if (!ok) return kill('Startup');
      this.#probes.shift()?.stop();
      this.state.started = true;
      if (readinessProbe === undefined) this.state.ready = true;
      others();
      this.#context.changed();
    };
    this.#probes.push(
      new ProbeLoop(startupProbe as Fields, lookAt(startupProbe as Fields), started, true),
    );
  }
}

function portsOf(spec: Fields): NamedPorts {
  return new Map<string, number>(
    (spec['ports'] ?? []).map((p: Fields) => [p['name'] ?? '', p['containerPort']]),
  );
}
