import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { flushCompileCache, getCompileCacheDir } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { Script } from 'node:vm';
import { crc32 } from 'node:zlib';

/**
 * The parts of a bundled program are scripts (hack/parts.ts), because of a script V8 keeps what it has compiled when
 * it has run for a while: every function that a start calls. Of a module Node keeps what it compiles before that, and
 * leaves most functions to be compiled one by one, a fifth of a start. Kept in Node's own folder (NODE_COMPILE_CACHE);
 * V8 takes no code of another version or under other flags. A checkout has no parts: there it is Node's cache alone.
 */

type Exports = Readonly<Record<string, unknown>>;
/** What is left of `import.meta` in a script. */
type Meta = Pick<ImportMeta, 'url' | 'filename' | 'dirname'>;
type Body = (meta: Meta, part: typeof loadPart, latePart: typeof loadLatePart) => Exports;

/** V8's flags, each with the one that takes it back. */
export type V8Flags = readonly (readonly [flag: string, back: string])[];

interface Compiled {
  name: string;
  /** CRC-32 of its text. */
  sum: number;
  script: Script;
  /** Flags in force when it was loaded. */
  flags: V8Flags;
}

const folder = import.meta.dirname;
/** By their file in this one's folder: `./chunk-ABCDEFGH.js`. This module is one for those that import it. */
const loaded = new Map<string, Exports>([['./parts.js', { setV8Flags, keepCode }]]);
/** Compiled here: no code of them was kept, or V8 did not take it. */
const fresh: Compiled[] = [];
let flagsSet: V8Flags = [];
let started = false;

/** In place of `import`, at the top of a part. Parts do not import one another in circles. */
export function loadPart(name: string): Exports {
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const filename = join(folder, name);
  const url = pathToFileURL(filename).href;
  const bytes = readFileSync(filename);
  const text = bytes.toString('latin1');
  const sum = crc32(bytes);
  release(bytes);
  const kept = keptCode(name, sum);
  const cachedData = kept?.subarray(headBytes);
  const script = new Script(text, { filename: url, ...(cachedData && { cachedData }) });
  release(kept);
  if (script.cachedDataRejected !== false) compiledHere({ name, sum, script, flags: flagsSet });
  const body = script.runInThisContext() as Body;
  const exports = body({ url, filename, dirname: folder }, loadPart, loadLatePart);
  loaded.set(name, exports);
  return exports;
}

/** At once, not with the next collection of garbage: it is as large as the program, a few megabytes. */
function release(bytes: Buffer | undefined): void {
  const held = bytes?.buffer as ArrayBuffer | undefined;
  // small ones are in a pool
  if (held?.byteLength === bytes?.byteLength) held?.transfer(0);
}

/** In place of `import()`: a program's own `run` comes so, then what is seldom needed. */
export async function loadLatePart(name: string): Promise<Exports> {
  const exports = loadPart(name);
  // Not set before: Node's own modules, too, are taken from what is kept only under the same flags.
  if (fresh.length > 0) setFlagsFromString('--no-flush-bytecode');
  return exports;
}

/** For the life of the process. Code that was loaded before is still kept as of then. */
export function setV8Flags(flags: V8Flags): void {
  for (const [flag] of flags) setFlagsFromString(flag);
  flagsSet = flags;
}

const settledMs = 10_000;

/**
 * Said when the program has started: what has been compiled then, and in the first seconds of its work, is kept for the
 * next one. What is loaded later is kept as long after that.
 */
export function keepCode(): void {
  started = true;
  keepSoon();
}

function compiledHere(part: Compiled): void {
  fresh.push(part);
  if (started && fresh.length === 1) keepSoon();
}

function keepSoon(): void {
  setTimeout(keep, settledMs).unref();
}

function keep(): void {
  flushCompileCache();
  const parts = fresh.splice(0);
  const later = parts.filter(({ flags }) => flags === flagsSet);
  const before = parts.filter(({ flags }) => flags !== flagsSet);
  setFlagsFromString('--flush-bytecode');
  try {
    for (const part of later) keepPart(part);
    for (const [, back] of flagsSet) setFlagsFromString(back);
    for (const part of before) keepPart(part);
  } catch {
    // A folder that cannot be written to: the next start compiles, as this one did.
  } finally {
    for (const [flag] of flagsSet) setFlagsFromString(flag);
  }
}

/** Two CRC-32: of the text that was compiled, and of the code. V8 looks at neither, and code that a crash left in parts would end each start. */
const headBytes = 8;

/** At once or not at all: programs that start meanwhile read it. */
function keepPart({ name, sum, script }: Compiled): void {
  const file = codeFile(name);
  if (file === undefined) return;
  // containers that share the folder have the same process ids
  const unfinished = `${file}.${Math.random().toString(36).slice(2)}`;
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(unfinished, '');
  const code = script.createCachedData();
  const head = Buffer.alloc(headBytes);
  head.writeUInt32LE(sum, 0);
  head.writeUInt32LE(crc32(code), 4);
  writeFileSync(unfinished, Buffer.concat([head, code]));
  renameSync(unfinished, file);
}

/** With its head; undefined when there is none of this text that is whole. */
function keptCode(name: string, sum: number): Buffer | undefined {
  const file = codeFile(name);
  if (file === undefined) return undefined;
  try {
    const kept = readFileSync(file);
    const whole = kept.readUInt32LE(4) === crc32(kept.subarray(headBytes));
    return whole && kept.readUInt32LE(0) === sum ? kept : undefined;
  } catch {
    return undefined;
  }
}

function codeFile(name: string): string | undefined {
  const kept = getCompileCacheDir();
  return kept === undefined ? undefined : join(kept, `${name}.code`);
}
