import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * What one run of a container wrote, in the form that container runtimes keep it (CRI):
 * `<time> <stream> <F|P> <text>`, P for a part of a line that goes on. Two files of at most
 * `bytesMax` each: the current one, and before it `<file>.1`.
 */
export type StreamName = 'stdout' | 'stderr';

export interface LogEntry {
  time: string;
  stream: StreamName;
  /** With its line break, if it had one. */
  text: string;
}

/** Longer lines are kept in parts, as containerd keeps them. */
const partBytesMax = 16 * 1024;
const bytesMaxDefault = 10 * 1024 * 1024;
const lineBreak = 0x0a;

export class LogFile {
  readonly path: string;
  readonly #bytesMax: number;
  readonly #pending: Record<StreamName, Buffer> = {
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
  };
  readonly #followers = new Set<(entry: LogEntry) => void>();
  readonly #closers = new Set<() => void>();
  #fd: number;
  #size: number;
  #closed = false;

  constructor(path: string, bytesMax = bytesMaxDefault) {
    this.path = path;
    this.#bytesMax = bytesMax;
    mkdirSync(dirname(path), { recursive: true });
    this.#fd = openSync(path, 'a');
    this.#size = statSync(path).size;
  }

  write(stream: StreamName, chunk: Buffer): void {
    let rest = Buffer.concat([this.#pending[stream], chunk]);
    for (let end = rest.indexOf(lineBreak); end !== -1; end = rest.indexOf(lineBreak)) {
      this.#add(stream, rest.subarray(0, end), true);
      rest = rest.subarray(end + 1);
    }
    while (rest.length >= partBytesMax) {
      this.#add(stream, rest.subarray(0, partBytesMax), false);
      rest = rest.subarray(partBytesMax);
    }
    this.#pending[stream] = Buffer.from(rest);
  }

  /** The container has ended: what it left unfinished is written, followers are told. */
  close(): void {
    if (this.#closed) return;
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#pending[stream];
      if (rest.length > 0) this.#add(stream, rest, false);
    }
    this.#closed = true;
    closeSync(this.#fd);
    for (const onClose of this.#closers) onClose();
  }

  /** Both files, oldest first. Reads at most twice `bytesMax`. */
  entries(): LogEntry[] {
    return [`${this.path}.1`, this.path].flatMap((path) =>
      existsSync(path) ? parseEntries(readFileSync(path, 'utf8')) : [],
    );
  }

  /** Calls for every entry from now on; returns how to stop. `onClose` at once if it is over. */
  follow(onEntry: (entry: LogEntry) => void, onClose: () => void): () => void {
    this.#followers.add(onEntry);
    this.#closers.add(onClose);
    if (this.#closed) onClose();
    return () => {
      this.#followers.delete(onEntry);
      this.#closers.delete(onClose);
    };
  }

  remove(): void {
    rmSync(this.path, { force: true });
    rmSync(`${this.path}.1`, { force: true });
  }

  #add(stream: StreamName, bytes: Buffer, whole: boolean): void {
    const time = new Date().toISOString();
    const head = Buffer.from(`${time} ${stream} ${whole ? 'F' : 'P'} `);
    const line = Buffer.concat([head, bytes, Buffer.from('\n')]);
    this.#keep(line);
    const text = `${bytes.toString('utf8')}${whole ? '\n' : ''}`;
    for (const follower of this.#followers) follower({ time, stream, text });
  }

  /** What cannot be kept is lost: a full disk must not end the machine with all that runs on it. */
  #keep(line: Buffer): void {
    try {
      if (this.#size + line.length > this.#bytesMax) this.#rotate();
      writeSync(this.#fd, line);
      this.#size += line.length;
    } catch {
      // there is no better place to say so
    }
  }

  #rotate(): void {
    renameSync(this.path, `${this.path}.1`);
    const next = openSync(this.path, 'a');
    closeSync(this.#fd);
    this.#fd = next;
    this.#size = 0;
  }
}

function parseEntries(text: string): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const line of text.split('\n')) {
    const match = /^(\S+) (stdout|stderr) ([FP]) /.exec(line);
    if (match === null) continue;
    const [head, time = '', stream, tag] = match;
    const content = line.slice(head.length);
    entries.push({
      time,
      stream: stream as StreamName,
      text: tag === 'F' ? `${content}\n` : content,
    });
  }
  return entries;
}
