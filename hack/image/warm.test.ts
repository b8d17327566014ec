import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
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
    const kept = readdirSync(join(compiled, version)).filter((name) => name.endsWith('.code'));
    // the start and the work of each, the client of etcd, and what comes late
    for (const part of [/^run-/, /^chunk-/, /^etcd-/, /^admission-/, /^openapi-v3-/]) {
      assert.ok(
        kept.some((name) => part.test(name)),
        `${part} of ${kept.join(' ')}`,
      );
    }
    const written = kept.map((name) => statSync(join(compiled, version, name)).mtimeMs);
    const again = spawnSync(process.execPath, [join(import.meta.dirname, 'warm.ts')], {
      cwd: folder,
      env: { ...process.env, NODE_COMPILE_CACHE: compiled },
      encoding: 'utf8',
    });
    assert.equal(again.status, 0, again.stderr);
    const later = kept.map((name) => statSync(join(compiled, version, name)).mtimeMs);
    assert.deepEqual(later, written, 'V8 took all that was kept');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
