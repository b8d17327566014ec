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
import { stat } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

/** `--audit-log-max*`. Source: k8s.io/apiserver server/options/audit.go, lumberjack. */
export interface RotationOptions {
  path: string;
  /** Days to keep a rotated file; 0 keeps it. */
  maxAgeDays: number;
  /** Rotated files to keep; 0 keeps all. */
  maxBackups: number;
  /** Megabytes at which the file is rotated; 0 never. */
  maxSizeMegabytes: number;
  /** Rotated files are gzipped. */
  compress?: boolean;
  now?: () => Date;
}

export interface LineFile {
  /** One line, or as many as come at once; throws for what cannot be written. */
  write(line: string): void;
  close(): Promise<void>;
}

const dayMs = 86_400_000;
const packed = '.gz';

/** Throws when the file cannot be opened. */
export function rotatedFile(options: RotationOptions): LineFile {
  const { path } = options;
  const now = options.now ?? (() => new Date());
  const sizeMax = (options.maxSizeMegabytes || Infinity) * 1024 * 1024;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  let file = openSync(path, 'a', 0o600);
  let size = fstatSync(file).size;
  let tidying = tidy(options, now());

  function rotate(): void {
    const { mode } = fstatSync(file);
    closeSync(file);
    const { stem, extension } = parts(path);
    const stamp = now().toISOString().replace('Z', '').replaceAll(':', '-');
    renameSync(path, join(dirname(path), `${stem}-${stamp}${extension}`));
    file = openSync(path, 'w', mode);
    size = 0;
    tidying = tidying.then(() => tidy(options, now()));
  }

  return {
    write(line) {
      const bytes = Buffer.from(line);
      if (bytes.length > sizeMax) {
        throw new Error(`write length ${bytes.length} exceeds maximum file size ${sizeMax}`);
      }
      if (size + bytes.length > sizeMax) rotate();
      writeSync(file, bytes);
      size += bytes.length;
    },
    close() {
      closeSync(file);
      return tidying;
    },
  };
}

function parts(path: string): { stem: string; extension: string } {
  const extension = extname(path);
  return { stem: basename(path, extension), extension };
}

/** Rotated files beyond number or age go, the others are gzipped; their time is in their name. */
async function tidy(options: RotationOptions, now: Date): Promise<void> {
  const { path, maxBackups, maxAgeDays, maxSizeMegabytes, compress } = options;
  if (maxSizeMegabytes === 0) return;
  const counted = new Set<string>();
  for (const { name, bare, time } of rotatedBeside(path)) {
    counted.add(bare);
    const tooMany = maxBackups > 0 && counted.size > maxBackups;
    const tooOld = maxAgeDays > 0 && now.getTime() - time > maxAgeDays * dayMs;
    const file = join(dirname(path), name);
    try {
      if (tooMany || tooOld) rmSync(file, { force: true });
      else if (compress === true && name === bare) await pack(file);
    } catch {
      // it stays, and is met again at the next turn
    }
  }
}

/** The newest first. */
function rotatedBeside(path: string): { name: string; bare: string; time: number }[] {
  const { stem, extension } = parts(path);
  const pattern = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(`${stem}-`))
    .flatMap((name) => {
      const bare = name.endsWith(packed) ? name.slice(0, -packed.length) : name;
      if (!bare.endsWith(extension)) return [];
      const match = pattern.exec(bare.slice(stem.length + 1, bare.length - extension.length));
      if (match === null) return [];
      const time = Date.parse(`${match[1]}T${match[2]}:${match[3]}:${match[4]}Z`);
      return [{ name, bare, time }];
    })
    .toSorted((a, b) => b.time - a.time);
}

/** Beside the running log. */
async function pack(path: string): Promise<void> {
  const { mode } = await stat(path);
  const target = `${path}${packed}`;
  try {
    await pipeline(createReadStream(path), createGzip(), createWriteStream(target, { mode }));
  } catch (error) {
    rmSync(target, { force: true });
    throw error;
  }
  rmSync(path, { force: true });
}
