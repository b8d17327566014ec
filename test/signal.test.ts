import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, it } from 'node:test';

/**
 * The first process of a container is sent no signal that it does not handle: a program that handles
 * them late stays until the pod's grace is over. So every program handles them before it loads.
 */
const checkout = join(import.meta.dirname, '..');
/** Has the program meet the signal when the first of its own modules is about to load. */
const signalEarly = `data:text/javascript,${encodeURIComponent(`
  import { registerHooks } from 'node:module';
  registerHooks({
    load(url, context, next) {
      if (url.endsWith('/run.ts') && !process.emit('SIGTERM')) process.exit(1);
      return next(url, context);
    },
  });
`)}`;

describe('a signal before there is anything to stop', () => {
  for (const program of ['apiserver', 'controllers', 'operator']) {
    it(`ends ${program} at once`, () => {
      const args = ['--import', signalEarly, `${program}/main.ts`, '--no-such-flag'];
      const { status, signal } = spawnSync(process.execPath, args, { cwd: checkout });
      assert.deepEqual({ status, signal }, { status: 0, signal: null });
    });
  }
});
