import { crc32, inflateRawSync } from 'node:zlib';

/**
 * Reads zip archives (PKWARE APPNOTE 6.3): stored and deflated entries, no encryption, no zip64.
 * Enough for archives that npm packages carry, without asking the machine for `unzip`.
 */
export interface ZipEntry {
  name: string;
  /** Unix permission bits; 0 when the archive was not made on Unix. */
  mode: number;
  /** Inflates, and throws when the sum is wrong. */
  read(): Buffer;
}

const endSignature = 0x06054b50;
const directorySignature = 0x02014b50;
const localSignature = 0x04034b50;
/** The end record is 22 bytes and a comment of at most 65535. */
const endSearch = 22 + 65535;

export function readZip(archive: Buffer): ZipEntry[] {
  const end = findEnd(archive);
  const count = archive.readUInt16LE(end + 10);
  let at = archive.readUInt32LE(end + 16);
  if (count === 0xffff || at === 0xffffffff) throw new Error('zip64 archives are not supported');
  const entries: ZipEntry[] = [];
  for (let i = 0; i < count; i += 1) {
    if (archive.readUInt32LE(at) !== directorySignature) throw new Error('broken zip directory');
    const nameLength = archive.readUInt16LE(at + 28);
    const extraLength = archive.readUInt16LE(at + 30);
    const commentLength = archive.readUInt16LE(at + 32);
    entries.push(entryAt(archive, at, nameLength));
    at += 46 + nameLength + extraLength + commentLength;
  }
  return entries;
}

function findEnd(archive: Buffer): number {
  const first = Math.max(0, archive.length - endSearch);
  for (let at = archive.length - 22; at >= first; at -= 1) {
    if (archive.readUInt32LE(at) === endSignature) return at;
  }
  throw new Error('not a zip archive: it has no end record');
}

function entryAt(archive: Buffer, at: number, nameLength: number): ZipEntry {
  const flags = archive.readUInt16LE(at + 8);
  const method = archive.readUInt16LE(at + 10);
  const sum = archive.readUInt32LE(at + 16);
  const size = archive.readUInt32LE(at + 20);
  const local = archive.readUInt32LE(at + 42);
  const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
  return {
    name,
    mode: (archive.readUInt32LE(at + 38) >>> 16) & 0o7777,
    read() {
      if ((flags & 1) !== 0) throw new Error(`${name} is encrypted`);
      if (archive.readUInt32LE(local) !== localSignature) throw new Error(`${name} is broken`);
      const data = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
      const packed = archive.subarray(data, data + size);
      if (method !== 0 && method !== 8) throw new Error(`${name}: method ${method} is unknown`);
      const content = method === 0 ? packed : inflateRawSync(packed);
      if (crc32(content) !== sum) throw new Error(`${name} is broken: its checksum differs`);
      return content;
    },
  };
}
