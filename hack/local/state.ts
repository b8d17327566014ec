import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defaultState } from './kubeconfigs.ts';

/** Where one local instance keeps what. Everything but loopback ports is inside this folder. */
export interface StateFolder {
  root: string;
  run: string;
  logs: string;
  pki: string;
  pidFile: string;
  /** For people outside. */
  managementKubeconfig: string;
}

/** Relative to `run/`, the working directory of everything that uses it. */
export const controlSocket = 'control.sock';

/** Everything that an instance makes in its folder, but for kubeconfigs: what a purge removes. */
export const contents = [
  'run',
  'logs',
  'pki',
  'pods',
  'volumes',
  'management.db',
  'management.db-wal',
  'management.db-shm',
];

export function stateFolder(path: string = defaultState): StateFolder {
  const root = resolve(path);
  return {
    root,
    run: join(root, 'run'),
    logs: join(root, 'logs'),
    pki: join(root, 'pki'),
    pidFile: join(root, 'run', 'supervisor.pid'),
    managementKubeconfig: join(root, 'management.kubeconfig'),
  };
}

/** Keys and tokens lie in there: for their owner only. */
export function makeFolders(state: StateFolder): void {
  for (const folder of [state.root, state.run, state.logs, state.pki]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
}

/** Sockets, the process id, what only those inside may read: nothing of a run outlives it. */
export function emptyRun(state: StateFolder): void {
  for (const name of readdirSync(state.run)) rmSync(join(state.run, name), { recursive: true });
}

/** The supervisor of the instance that runs in this folder, if one does. */
export function runningSupervisor(state: StateFolder): number | undefined {
  try {
    const pid = Number(readFileSync(state.pidFile, 'utf8'));
    return isSupervisor(pid, state) ? pid : undefined;
  } catch {
    return undefined;
  }
}

/** A number alone may have been given to another process since. */
export function isSupervisor(pid: number, state: StateFolder): boolean {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  try {
    const args = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return args.some((arg) => arg.endsWith('local/supervisor.ts')) && args.includes(state.root);
  } catch {
    return false;
  }
}
