import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { silent } from '../log/log.ts';
import { Registry } from '../metrics/registry.ts';
import { followConfiguration } from './configuration-file.ts';
import { makeReloadMetrics } from './metrics/reload-metrics.ts';

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

test('what cannot be used is counted once, what says the same is no reload', async () => {
  writeFileSync(file, '1');
  const registry = new Registry();
  const followed = await followConfiguration({
    file,
    log: silent,
    read: numberOf,
    same: (content, last) => content === last,
    metrics: makeReloadMetrics(registry, 'authorization'),
    pollMs: 20,
  });
  const counted = async () =>
    [...(await registry.text()).matchAll(/reloads_total\{.*status="(\w+)"\} (\d+)/g)].map((m) =>
      m.slice(1),
    );
  const until = async (list: string[][]) => {
    while (JSON.stringify(await counted()) !== JSON.stringify(list)) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  };
  try {
    writeFileSync(file, 'x');
    await until([['failure', '1']]);
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(await counted(), [['failure', '1']]);
    writeFileSync(file, '1 # as before');
    await new Promise((resolve) => setTimeout(resolve, 300));
    assert.deepEqual(await counted(), [['failure', '1']]);
    writeFileSync(file, '2');
    await until([
      ['failure', '1'],
      ['success', '1'],
    ]);
    rmSync(file);
    await until([
      ['failure', '2'],
      ['success', '1'],
    ]);
    assert.equal(followed.current(), 2);
  } finally {
    followed.close();
  }
});
