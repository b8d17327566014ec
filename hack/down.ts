import { readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { contents, runningSupervisor, stateFolder } from './local/state.ts';

/** Ends a local instance: its supervisor, and with it everything inside. */
const usage = `hack/down: ends the local instance that hack/up started

  --state DIR    where hack/up keeps it (default .quorate in the checkout)
  --purge        remove its data too: databases, volumes, keys, kubeconfigs, logs
`;
const waitMs = 10_000;

const { values } = parseArgs({
  options: {
    state: { type: 'string' },
    purge: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
const state = stateFolder(values.state);

async function stop(pid: number): Promise<void> {
  const deadline = Date.now() + waitMs;
  process.kill(pid, 'SIGTERM');
  while (runningSupervisor(state) === pid) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await pause(20);
  }
}

/** Only what an instance made: the folder may have been somebody's before. */
function purge(): boolean {
  let names: string[];
  try {
    names = readdirSync(state.root);
  } catch {
    return false;
  }
  const ours = names.filter((name) => contents.includes(name) || name.endsWith('.kubeconfig'));
  for (const name of ours) rmSync(join(state.root, name), { recursive: true, force: true });
  if (ours.length === names.length) rmdirSync(state.root);
  return ours.length > 0;
}

if (values.help) {
  process.stdout.write(usage);
} else {
  const pid = runningSupervisor(state);
  if (pid !== undefined) await stop(pid);
  const ended = pid === undefined ? 'no local instance runs' : 'ended the local instance';
  process.stdout.write(`${ended} in ${state.root}\n`);
  if (values.purge && purge()) process.stdout.write(`removed its data\n`);
}
