import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silent } from '../log/log.ts';
import { followConfiguration } from './configuration-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-configuration-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'config.yaml');

function numberOf(content: unknown): number {
  if (typeof content !== 'number') throw new Error('no number');
  return content;
}

test('a good file counts, a bad one does not, and the old one is told', async () => {
  writeFileSync(file, '1');
  const old: number[] = [];
  const warned = new Promise<void>((resolve) => {
    warn = resolve;
  });
  const followed = await followConfiguration({
    file,
    log: { ...silent, warn: () => warn() },
    read: numberOf,
    replaced: (value) => old.push(value),
  });
  try {
    assert.equal(followed.current(), 1);
    writeFileSync(file, 'x');
    await warned;
    assert.equal(followed.current(), 1);
    writeFileSync(file, '2');
    while (followed.current() !== 2) await new Promise((resolve) => setImmediate(resolve));
    assert.deepEqual(old, [1]);
  } finally {
    followed.close();
  }
});
let warn: () => void = () => {};

test('at the start a bad file is an error that names it', async () => {
  writeFileSync(file, 'x');
  const made = followConfiguration({ file, log: silent, read: numberOf });
  await assert.rejects(made, /config\.yaml: no number$/);
});
