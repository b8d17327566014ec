import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { mountsOf } from './container-launch.ts';

test('a path below a volume may be made of variables, but stays below it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-mounts-'));
  try {
    const mounts = (subPathExpr: string) =>
      mountsOf(
        {
          name: 'c',
          image: 'i',
          volumeMounts: [{ name: 'data', mountPath: '/data', subPathExpr }],
        },
        new Map([['data', folder]]),
        { NAME: 'web-0', ROOT: '/tmp', UP: '..' },
      );
    assert.deepEqual(mounts('of/$(NAME)'), [
      { source: join(folder, 'of/web-0'), target: '/data', readOnly: false },
    ]);
    assert.throws(
      () => mounts('$(ROOT)/x'),
      /^Error: error SubPath `\/tmp\/x` must not be an absolute path$/,
    );
    assert.throws(() => mounts('$(UP)/x'), /^Error: subPath \.\.\/x leads out$/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
