import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../command.ts';
import { cutTowards, healTowards } from '../network/links.ts';
import { environmentOf, insideCommand } from './container.ts';
import type { PodRunner } from './pod-runner.ts';

/** What a failure test may do to pods of this machine. */
export type FaultCommand =
  /** SIGKILL to every container's process. */
  | { kind: 'kill'; namespace: string; pod: string }
  /** Frames between the pod and the others vanish, both ways. */
  | {
      kind: 'partition';
      namespace: string;
      pod: string;
      from: { namespace: string; pod: string }[];
    }
  /** Undo all partitions. */
  | { kind: 'heal' }
  /** SIGKILL, and everything in the pod's claims is removed. */
  | { kind: 'wipe'; namespace: string; pod: string }
  /** Runs a command in the pod's first container; gives what it printed. */
  | { kind: 'exec'; namespace: string; pod: string; command: string[] }
  /** What runs: for reading memory and for killing from outside. */
  | { kind: 'processes' };

export interface ProcessFacts {
  namespace: string;
  pod: string;
  container: string;
  pid: number;
  rssBytes: number;
}

export class Faults {
  readonly #find: (namespace: string, pod: string) => PodRunner | undefined;
  readonly #all: () => Iterable<PodRunner>;
  readonly #claimFolders: (pod: PodRunner) => string[];
  #cuts: { namespace: string; address: string }[] = [];

  constructor(options: {
    find: (namespace: string, pod: string) => PodRunner | undefined;
    all: () => Iterable<PodRunner>;
    claimFolders: (pod: PodRunner) => string[];
  }) {
    this.#find = options.find;
    this.#all = options.all;
    this.#claimFolders = options.claimFolders;
  }

  async run(command: FaultCommand): Promise<unknown> {
    switch (command.kind) {
      case 'kill':
        return this.#kill(this.#pod(command.namespace, command.pod));
      case 'wipe': {
        const pod = this.#pod(command.namespace, command.pod);
        const folders = this.#claimFolders(pod);
        const killed = this.#kill(pod);
        for (const folder of folders) {
          for (const entry of readdirSync(folder))
            rmSync(join(folder, entry), { recursive: true, force: true });
        }
        return { ...killed, wiped: folders };
      }
      case 'partition':
        return this.#partition(command);
      case 'heal':
        return this.#heal();
      case 'exec':
        return this.#exec(this.#pod(command.namespace, command.pod), command.command);
      case 'processes':
        return this.#processes();
    }
  }

  #exec(pod: PodRunner, command: readonly string[]): Promise<string> {
    const pid = pod.containers.find((container) => container.pid > 0)?.pid;
    if (pid === undefined) throw new Error('no container of the pod runs');
    const [file = '', ...args] = insideCommand(pid, command);
    return runCommand(file, args, { timeoutMs: 10_000, env: environmentOf(pid) });
  }

  #pod(namespace: string, name: string): PodRunner {
    const found = this.#find(namespace, name);
    if (found === undefined) throw new Error(`no pod ${namespace}/${name} runs on this machine`);
    return found;
  }

  #kill(pod: PodRunner): { killed: number[] } {
    const killed: number[] = [];
    for (const container of pod.containers) {
      const pid = container.kill();
      if (pid !== 0) killed.push(pid);
    }
    return { killed };
  }

  async #partition(command: Extract<FaultCommand, { kind: 'partition' }>): Promise<object> {
    const pod = this.#pod(command.namespace, command.pod);
    for (const { namespace, pod: name } of command.from) {
      const other = this.#pod(namespace, name);
      await this.#cut(pod.link.namespace, other.podIP);
      await this.#cut(other.link.namespace, pod.podIP);
    }
    return { cuts: this.#cuts.length };
  }

  async #cut(namespace: string, address: string): Promise<void> {
    await cutTowards(namespace, address);
    this.#cuts.push({ namespace, address });
  }

  async #heal(): Promise<object> {
    const cuts = this.#cuts;
    this.#cuts = [];
    // a pod that is gone took its entries with it
    for (const { namespace, address } of cuts)
      await healTowards(namespace, address).catch(() => {});
    return { healed: cuts.length };
  }

  #processes(): ProcessFacts[] {
    const facts: ProcessFacts[] = [];
    for (const runner of this.#all()) {
      const { namespace = '', name = '' } = runner.pod.metadata;
      for (const { pid, state } of runner.containers) {
        if (pid > 0)
          facts.push({ namespace, pod: name, container: state.name, pid, rssBytes: rssOf(pid) });
      }
    }
    return facts;
  }
}

function rssOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
