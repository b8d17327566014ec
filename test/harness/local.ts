import { spawn } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FaultCommand } from '../../hack/local/agent/faults.ts';
import { ask } from '../../hack/local/control.ts';
import { type StateFolder, stateFolder } from '../../hack/local/state.ts';

/** The local mode as a person starts it, for tests: hack/up and hack/down on a folder of their own. */
export interface LocalInstance {
  state: StateFolder;
  /** Paths. */
  managementKubeconfig: string;
  tenantKubeconfig: string;
  /** `https://127.0.0.n:6443`. */
  endpoint: string;
  /** What hack/up printed. */
  output: string;
  fault(command: FaultCommand): Promise<unknown>;
  /** Ends it; removes everything unless the folder was the caller's. */
  stop(): Promise<void>;
}

export interface LocalOptions {
  /** Folder to use, and to leave there; default: a temporary one. */
  state?: string;
  nodes?: number;
  /** Of the ControlPlane, default demo. */
  name?: string;
}

const checkout = join(import.meta.dirname, '../..');
const timeoutMs = 240_000;

/** Runs `hack/<script>` to its end. Rejects with what it printed unless it exits with 0. */
export function runScript(script: 'up' | 'down', args: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(join(checkout, 'hack', script), args, { timeout: timeoutMs });
    let output = '';
    const keep = (chunk: Buffer) => {
      output += chunk.toString();
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`hack/${script} ended with ${signal ?? code}:\n${output}`));
    });
  });
}

/** Resolves when the ControlPlane is Ready and answers. */
export async function startLocal(options: LocalOptions = {}): Promise<LocalInstance> {
  const { name = 'demo', nodes = 3 } = options;
  const folder = options.state ?? (await mkdtemp(join(tmpdir(), 'quorate-local-')));
  const state = stateFolder(folder);
  const stop = async (): Promise<void> => {
    const temporary = options.state === undefined;
    await runScript('down', ['--state', folder, ...(temporary ? ['--purge'] : [])]);
    if (temporary) rmSync(folder, { recursive: true, force: true });
  };
  let output: string;
  try {
    output = await runScript('up', [
      ...['--state', folder, '--name', name, '--nodes', String(nodes)],
    ]);
  } catch (error) {
    await stop();
    throw error;
  }
  const tenantKubeconfig = join(folder, `${name}.kubeconfig`);
  return {
    state,
    managementKubeconfig: state.managementKubeconfig,
    tenantKubeconfig,
    endpoint: JSON.parse(readFileSync(tenantKubeconfig, 'utf8')).clusters[0].cluster.server,
    output,
    fault: (command) => ask(state, { type: 'command', command }),
    stop,
  };
}
