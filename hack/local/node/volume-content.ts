import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Files of a volume that is made of API objects: path inside the volume, content, permissions. */
export interface VolumeFile {
  content: Buffer;
  mode: number;
}
export type VolumeFiles = Map<string, VolumeFile>;

const data = '..data';

/**
 * Brings a folder to this content as the kubelet does (its AtomicWriter): files are links through
 * `..data`, which points at one generation and is swapped by a rename, so that a reader sees all of
 * the old or all of the new. Returns whether anything changed.
 */
export function writeVolume(folder: string, files: VolumeFiles): boolean {
  mkdirSync(folder, { recursive: true });
  const generation = `..${contentHash(files)}`;
  const link = join(folder, data);
  const previous = existsSync(link) ? readlinkSync(link) : undefined;
  if (previous === generation) return false;
  for (const [path, { content, mode }] of files) {
    const file = join(folder, generation, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
    chmodSync(file, mode);
  }
  mkdirSync(join(folder, generation), { recursive: true });
  symlinkSync(generation, `${link}.new`);
  renameSync(`${link}.new`, link);
  linkNames(folder, files);
  if (previous !== undefined) rmSync(join(folder, previous), { recursive: true, force: true });
  return true;
}

/** One link for each first part of a path; those of files that are gone are taken away. */
function linkNames(folder: string, files: VolumeFiles): void {
  const names = new Set([...files.keys()].map((path) => path.split('/')[0] ?? ''));
  for (const present of readdirSync(folder)) {
    if (!present.startsWith('..') && !names.has(present)) rmSync(join(folder, present));
    names.delete(present);
  }
  for (const name of names) symlinkSync(join(data, name), join(folder, name));
}

function contentHash(files: VolumeFiles): string {
  const hash = createHash('sha256');
  for (const [path, { content, mode }] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(`${path}\0${mode}\0${content.length}\0`).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}
