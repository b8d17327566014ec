import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';

/** Runs in a process of its own, with `onEndSignal`. */
function run(script: string): { status: number | null; stdout: string } {
  const url = new URL('end-signal.ts', import.meta.url);
  const program = `import { onEndSignal } from ${JSON.stringify(url.href)};\n${script}`;
  const { status, stdout } = spawnSync(
    process.execPath,
    ['--input-type=module', '--eval', program],
    { encoding: 'utf8', timeout: 20_000 },
  );
  return { status, stdout };
}

test('a signal that came while the program loaded stops it', () => {
  const { status, stdout } = run(`
    process.once('SIGTERM', () => process.exit(1));
    process.kill(process.pid, 'SIGTERM'); // seen in the next turn
    onEndSignal((signal) => {
      console.log(signal);
      process.exit(0);
    });
    setInterval(() => {}, 1000);
  `);
  assert.deepEqual({ status, stdout }, { status: 0, stdout: 'SIGTERM\n' });
});

test('a second signal ends it at once', () => {
  const { status, stdout } = run(`
    onEndSignal((signal) => {
      console.log(signal);
      process.kill(process.pid, 'SIGINT');
    });
    setInterval(() => {}, 1000);
    process.kill(process.pid, 'SIGTERM');
  `);
  assert.deepEqual({ status, stdout }, { status: 1, stdout: 'SIGTERM\n' });
});
