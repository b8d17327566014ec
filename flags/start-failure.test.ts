import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startFailure } from './start-failure.ts';

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('a file that cannot be opened is told with the flags that name it', () => {
  const missing = thrown(() => readFileSync('/nowhere/a.crt'));
  const told = (values: Record<string, unknown>): string => startFailure(missing, values);
  const why = 'open /nowhere/a.crt: no such file or directory';
  assert.equal(told({ port: 1, key: '/nowhere/a.key', cert: '/nowhere/a.crt' }), `--cert: ${why}`);
  assert.equal(
    told({ ca: ['/b', '/nowhere/a.crt'], sni: ['/nowhere/a.crt,/k:b.c'] }),
    `--ca, --sni: ${why}`,
  );
  assert.equal(told({ cert: '/b' }), "ENOENT: no such file or directory, open '/nowhere/a.crt'");
  assert.equal(startFailure(new Error('so'), { cert: '/b' }), 'so');
  assert.equal(startFailure('so', {}), 'so');
});
