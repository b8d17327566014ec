import { existsSync, readFileSync, rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { isRunning } from './local/running.ts';
import { stateFolder } from './local/state.ts';

/** Ends a local instance: its supervisor, and with it everything inside. */
const { values } = parseArgs({
  options: { state: { type: 'string' }, keep: { type: 'boolean', default: false } },
});
const state = stateFolder(values.state);
const waitMs = 10_000;

const pid = existsSync(state.pidFile) ? Number(readFileSync(state.pidFile, 'utf8')) : 0;
if (isRunning(pid)) {
  process.kill(pid, 'SIGTERM');
  const deadline = Date.now() + waitMs;
  while (isRunning(pid)) {
    if (Date.now() > deadline) process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  process.stdout.write(`ended the local instance in ${state.root}\n`);
} else {
  process.stdout.write(`no local instance runs in ${state.root}\n`);
}
if (!values.keep && existsSync(state.run)) rmSync(state.root, { recursive: true, force: true });
