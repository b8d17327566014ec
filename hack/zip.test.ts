import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32, deflateRawSync } from 'node:zlib';
import { readZip } from './zip.ts';

/** An archive as `zip` writes it: local headers, directory, end record. */
function archiveOf(files: { name: string; content: string; deflate: boolean; mode: number }[]) {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const file of files) {
    const content = Buffer.from(file.content);
    const packed = file.deflate ? deflateRawSync(content) : content;
    const name = Buffer.from(file.name);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(file.deflate ? 8 : 0, 10);
    central.writeUInt32LE(crc32(content), 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(content.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt32LE((file.mode << 16) >>> 0, 38);
    central.writeUInt32LE(offset, 42);
    parts.push(local, name, packed);
    directory.push(central, name);
    offset += 30 + name.length + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end, Buffer.from('a comment')]);
}

test('entries are read in order, with modes, stored and deflated', () => {
  const entries = readZip(
    archiveOf([
      { name: 'bin/tool', content: 'x'.repeat(5000), deflate: true, mode: 0o100755 },
      { name: 'notes.txt', content: 'plain', deflate: false, mode: 0 },
    ]),
  );
  assert.deepEqual(
    entries.map((e) => [e.name, e.mode, e.read().toString()]),
    [
      ['bin/tool', 0o755, 'x'.repeat(5000)],
      ['notes.txt', 0, 'plain'],
    ],
  );
});

test('a flipped byte is found by the checksum', () => {
  const archive = archiveOf([{ name: 'a', content: 'hello', deflate: false, mode: 0 }]);
  const at = archive.indexOf('hello');
  archive[at] = 0x48;
  assert.throws(() => readZip(archive)[0]?.read(), /checksum differs/);
});

test('what is no archive is refused', () => {
  assert.throws(
    () => readZip(Buffer.from('nothing of the kind, but long enough')),
    /no end record/,
  );
});
