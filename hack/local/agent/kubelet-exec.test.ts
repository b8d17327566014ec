import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { enterNamespaces } from './enter-namespaces.ts';
import { serveExec } from './kubelet-exec.ts';
import { waitingState } from './status.ts';

/** Commands in a container, with this process in place of its first one. */
await enterNamespaces();

const folder = mkdtempSync(join(tmpdir(), 'quorate-exec-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** A client that sends `input` and is gone before the command has looked. */
function leaveBehind(script: string, input: string): void {
  const stdin = new PassThrough();
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const leave: (() => void)[] = [];
  const session = {
    ...{ stdin, stdout, stderr },
    onResize() {},
    onGone: (listener: () => void) => void leave.push(listener),
    async finish() {},
  };
  const state = waitingState({ name: 'main', image: 'busybox' }, 'main');
  const container = { pid: process.pid, stdin: undefined, log: () => undefined, state };
  const query = new URLSearchParams({ input: '1', output: '1', error: '1' });
  for (const word of ['sh', '-c', script]) query.append('command', word);
  serveExec(session, container, query);
  stdin.write(input);
  for (const stream of [stdout, stderr]) stream.destroy();
  for (const listener of leave) listener();
}

test('a command has what it was sent, and goes on, when its client is gone', async () => {
  const path = join(folder, 'kept');
  const text = 'x'.repeat(300_000);
  leaveBehind(`echo begun; sleep 0.3; cat > ${path}.part; mv ${path}.part ${path}`, text);
  for (let looks = 0; looks < 1000 && !existsSync(path); looks += 1) await sleep(20);
  assert.equal(readFileSync(path, 'utf8'), text);
});
