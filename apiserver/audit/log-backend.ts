import { jsonText } from '../../object/json-text.ts';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { AuditBackend } from './audit.ts';

/**
 * One JSON line per event, in a file that is rotated by size, or on standard output (`-`).
 * All events of one turn of the event loop are one write. Source: `--audit-log-*`, lumberjack.
 */
export interface LogBackendOptions {
  /** `--audit-log-path`; `-` is standard output. */
  path: string;
  /** Days to keep a rotated file; 0 keeps it. */
  maxAgeDays: number;
  /** Rotated files to keep; 0 keeps all. */
  maxBackups: number;
  /** Megabytes at which the file is rotated; 0 is 100. */
  maxSizeMegabytes: number;
  /** Rotated files are gzipped. */
  compress?: boolean;
  /** The disk is full, the folder is gone: told once per failure, the events are lost. */
  onError: (error: Error, lost: number) => void;
  now?: () => Date;
}

const dayMs = 86_400_000;

/** Throws when the file cannot be opened. */
export function makeLogBackend(options: LogBackendOptions): AuditBackend {
  const output = options.path === '-' ? standardOutput() : rotatedFile(options);
  let lines: string[] = [];

  function flush(): void {
    const batch = lines;
    lines = [];
    if (batch.length === 0) return;
    try {
      output.write(Buffer.from(batch.join('')));
    } catch (error) {
      options.onError(error as Error, batch.length);
    }
  }

  return {
    write(event) {
      if (lines.length === 0) setImmediate(flush);
      lines.push(`${jsonText(event)}\n`);
    },
    async close() {
      flush();
      await output.close();
    },
  };
}

interface Output {
  write(bytes: Buffer): void;
  close(): Promise<void>;
}

function standardOutput(): Output {
  return { write: (bytes) => void process.stdout.write(bytes), close: async () => {} };
}

function rotatedFile(options: LogBackendOptions): Output {
  const { path } = options;
  const now = options.now ?? (() => new Date());
  const sizeMax = (options.maxSizeMegabytes || 100) * 1024 * 1024;
  mkdirSync(dirname(path), { recursive: true });
  let file = openSync(path, 'a', 0o600);
  let size = fstatSync(file).size;
  let packing = Promise.resolve();

  function rotate(): void {
    closeSync(file);
    const { stem, extension } = parts(path);
    const stamp = now().toISOString().replace('Z', '').replaceAll(':', '-');
    const rotated = join(dirname(path), `${stem}-${stamp}${extension}`);
    renameSync(path, rotated);
    if (options.compress === true) {
      packing = packing.then(() => pack(rotated)).catch((error) => options.onError(error, 0));
    }
    file = openSync(path, 'a', 0o600);
    size = 0;
    prune(options, now());
  }

  return {
    write(bytes) {
      if (size > 0 && size + bytes.length > sizeMax) rotate();
      writeSync(file, bytes);
      size += bytes.length;
    },
    close() {
      closeSync(file);
      return packing;
    },
  };
}

/** Beside the running log, one file after another. */
async function pack(path: string): Promise<void> {
  await pipeline(
    createReadStream(path),
    createGzip(),
    createWriteStream(`${path}.gz`, { mode: 0o600 }),
  );
  rmSync(path, { force: true });
}

function parts(path: string): { stem: string; extension: string } {
  const extension = extname(path);
  return { stem: basename(path, extension), extension };
}

/** Rotated files beyond number or age go; their time is in their name. */
function prune({ path, maxBackups, maxAgeDays }: LogBackendOptions, now: Date): void {
  const { stem, extension } = parts(path);
  const pattern = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/;
  const rotated = readdirSync(dirname(path))
    .filter((name) => name.startsWith(`${stem}-`))
    .flatMap((name) => {
      const bare = name.endsWith('.gz') ? name.slice(0, -'.gz'.length) : name;
      if (!bare.endsWith(extension)) return [];
      const match = pattern.exec(bare.slice(stem.length + 1, bare.length - extension.length));
      if (match === null) return [];
      return [{ name, time: Date.parse(`${match[1]}T${match[2]}:${match[3]}:${match[4]}Z`) }];
    })
    .toSorted((a, b) => b.time - a.time);
  for (const [i, { name, time }] of rotated.entries()) {
    const tooMany = maxBackups > 0 && i >= maxBackups;
    const tooOld = maxAgeDays > 0 && now.getTime() - time > maxAgeDays * dayMs;
    if (tooMany || tooOld) rmSync(join(dirname(path), name), { force: true });
  }
}
