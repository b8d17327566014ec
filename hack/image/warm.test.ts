import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bundlePrograms } from '../programs.ts';

test('the programs of an image leave what they compiled', async () => {
  // inside the checkout: what the programs do not hold comes from its node_modules
  const cache = join(import.meta.dirname, '../../.cache');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'image-'));
  try {
    await bundlePrograms(join(folder, 'dist'));
    const compiled = join(folder, 'compiled');
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'warm.ts')], {
      cwd: folder,
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const [version = ''] = readdirSync(compiled);
    const entries = readdirSync(join(compiled, version)).length;
    const parts = readdirSync(join(folder, 'dist')).filter((name) => name.endsWith('.js')).length;
    assert.ok(entries > parts / 2, `${entries} of ${parts}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
