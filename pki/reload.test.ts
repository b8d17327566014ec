import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { type Followed, followFiles } from './reload.ts';

const root = mkdtempSync(join(tmpdir(), 'quorate-reload-'));
const open: Followed[] = [];
after(() => {
  for (const followed of open) followed.close();
  rmSync(root, { recursive: true });
});

/** A mounted Secret, as the kubelet writes it: files are links into `..data`, itself a link. */
function mount(name: string, version: string, contents: Record<string, string>): string {
  const folder = join(root, name);
  mkdirSync(join(folder, version), { recursive: true });
  for (const [file, text] of Object.entries(contents)) {
    writeFileSync(join(folder, version, file), text);
  }
  symlinkSync(version, join(folder, '..data_tmp'));
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'));
  return folder;
}

function nextChange(): {
  onChange: (c: Readonly<Record<string, Buffer>>) => void;
  changed: Promise<string>;
} {
  const { promise, resolve } = Promise.withResolvers<string>();
  return {
    onChange: (contents) => resolve(Object.values(contents).map(String).join('|')),
    changed: promise,
  };
}

describe('followFiles', () => {
  it('hears the symlink swap of a mounted Secret, both files at once', async () => {
    const folder = mount('secret', '..1', { crt: 'c1', key: 'k1' });
    for (const file of ['crt', 'key']) symlinkSync(join('..data', file), join(folder, file));
    const { onChange, changed } = nextChange();
    const files = { crt: join(folder, 'crt'), key: join(folder, 'key') };
    const followed = await followFiles({ files, onChange, pollMs: 60_000, settleMs: 5 });
    open.push(followed);
    assert.equal(String(followed.contents.crt), 'c1');
    mount('secret', '..2', { crt: 'c2', key: 'k2' });
    assert.equal(await changed, 'c2|k2');
  });

  it('sees changes by polling alone', async () => {
    const folder = join(root, 'polled');
    mkdirSync(folder);
    writeFileSync(join(folder, 'outside'), 'one');
    mkdirSync(join(folder, 'links'));
    symlinkSync('../outside', join(folder, 'links', 'file'));
    const { onChange, changed } = nextChange();
    const files = { file: join(folder, 'links', 'file') };
    open.push(await followFiles({ files, onChange, pollMs: 10, settleMs: 2 }));
    // The watched folder itself does not change, so only the poll can find this.
    writeFileSync(join(folder, 'outside'), 'two');
    assert.equal(await changed, 'two');
  });

  it('offers a refused set again, keeps the old one, and survives a missing file', async () => {
    const path = join(root, 'refused');
    writeFileSync(path, 'good');
    const errors: string[] = [];
    let accept = false;
    const followed = await followFiles({
      files: { path },
      onChange: () => {
        if (!accept) throw new Error('half written');
      },
      onError: (error) => errors.push(error.message),
      pollMs: 60_000,
      settleMs: 1,
    });
    open.push(followed);
    writeFileSync(path, 'new');
    await followed.check();
    assert.equal(String(followed.contents.path), 'good');
    assert.ok(errors.includes('half written'));
    rmSync(path);
    await followed.check();
    assert.ok(errors.some((message) => message.includes('ENOENT')));
    writeFileSync(path, 'new');
    accept = true;
    await followed.check();
    await followed.check();
    assert.equal(String(followed.contents.path), 'new');
  });

  it('rejects at start when a file is missing', async () => {
    const files = { gone: join(root, 'gone') };
    await assert.rejects(followFiles({ files, onChange: () => {} }), /ENOENT/);
  });
});
