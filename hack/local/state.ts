import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { defaultState } from './kubeconfigs.ts';

/** Where one local instance keeps what. Everything but loopback ports is inside this folder. */
export interface StateFolder {
  root: string;
  run: string;
  logs: string;
  pki: string;
  pidFile: string;
}

/** Relative to `run/`, the working directory of everything that uses it. */
export const controlSocket = 'control.sock';

export function stateFolder(path: string = defaultState): StateFolder {
  const root = resolve(path);
  return {
    root,
    run: join(root, 'run'),
    logs: join(root, 'logs'),
    pki: join(root, 'pki'),
    pidFile: join(root, 'run', 'supervisor.pid'),
  };
}

export function makeFolders(state: StateFolder): void {
  for (const folder of [state.root, state.run, state.logs, state.pki]) {
    mkdirSync(folder, { recursive: true });
  }
}
