import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Recorder } from './contract/bench.ts';
import { SqliteStore } from './sqlite.ts';
import { RevisionCompacted, ValueTooLarge } from './store.ts';

/** Writes for ever and prints each key once its write is acknowledged. */
const writer = `
  import { SqliteStore } from ${JSON.stringify(new URL('./sqlite.ts', import.meta.url).href)};
  const store = new SqliteStore(process.argv[1]);
  for (let i = 0; ; i++) {
    const revision = await store.create('/registry/k' + i, Buffer.from(String(i)));
    process.stdout.write(i + ' ' + revision + '\\n');
  }
`;

describe('SQLite store', { timeout: 60_000 }, () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'quorate-sqlite-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('is as it was after closing and opening again', async () => {
    const path = join(folder, 'again.db');
    const first = new SqliteStore(path);
    const a = await first.create('/registry/a', Buffer.from('1'));
    const b = await first.update('/registry/a', Buffer.from('2'), a);
    const c = await first.create('/registry/c', Buffer.from('3'));
    await first.compact(c);
    const d = await first.delete('/registry/c', c);
    assert(b.ok && d.ok);
    await first.close();

    const second = new SqliteStore(path);
    assert.equal(await second.currentRevision(), d.revision);
    assert.equal((await second.get('/registry/a')).item?.value.toString(), '2');
    await assert.rejects(second.list('/registry/', { revision: a }), RevisionCompacted);
    const recorder = new Recorder(second, '/registry/', c + 1);
    const [event] = await recorder.untilEvents(1);
    assert.deepEqual([event?.type, event?.revision], ['delete', d.revision]);
    await second.compact(d.revision);
    await second.close();

    const third = new SqliteStore(path);
    assert.equal(await third.create('/registry/e', Buffer.from('')), d.revision + 1);
    await third.close();
  });

  it('has lost nothing acknowledged after a kill', async () => {
    const path = join(folder, 'killed.db');
    const child = spawn(process.execPath, ['--input-type=module', '-e', writer, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    while (said.split('\n').length < 200) await sleep(10);
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    const lines = said.split('\n').slice(0, -1);
    const store = new SqliteStore(path);
    for (const line of lines) {
      const [i, revision] = line.split(' ').map(Number);
      const { item } = await store.get(`/registry/k${i}`);
      assert.equal(item?.modRevision, revision);
    }
    assert((await store.currentRevision()) >= lines.length + 1);
    await store.close();
  });

  it('belongs to one process, and says so to the next', async () => {
    const path = join(folder, 'mine.db');
    const store = new SqliteStore(path);
    await store.create('/registry/a', Buffer.from(''));
    assert.throws(() => new SqliteStore(path), /in use by another process/);
    await store.close();
  });

  it('refuses a value that etcd would not take either', async () => {
    const store = new SqliteStore(':memory:');
    await assert.rejects(store.create('/registry/a', Buffer.alloc(1_600_000)), ValueTooLarge);
    await store.close();
  });

  it('gives room back when it compacts', async () => {
    const store = new SqliteStore(':memory:');
    let revision = await store.create('/registry/a', Buffer.alloc(1000));
    for (let i = 0; i < 3000; i++) {
      const result = await store.update('/registry/a', Buffer.alloc(1000, String(i)), revision);
      assert(result.ok);
      revision = result.revision;
    }
    const grown = (await store.sizeBytes()) ?? 0;
    await store.compact(revision);
    for (let i = 0; i < 2000; i++) {
      const result = await store.update('/registry/a', Buffer.alloc(1000, String(i)), revision);
      assert(result.ok);
      revision = result.revision;
    }
    assert.equal((await store.sizeBytes()) ?? 0, grown, 'freed pages were used again');
    await store.close();
  });
});
