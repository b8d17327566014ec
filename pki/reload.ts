import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Follows files that change under a running process: certificates, keys, trust bundles, tokens.
 *
 * Mounted Secrets change by an atomic swap of the `..data` symlink, tools write in place or rename
 * over, and inotify is missing on some file systems. So: watch the folders to hear early, poll to
 * hear at all, and believe only what two reads in a row agree on.
 */
export interface FollowOptions {
  /** Paths by the name under which the callback gets their contents. */
  files: Readonly<Record<string, string>>;
  /**
   * Called after start with every set of contents that differs from the last one it took. When it
   * throws (a key that does not fit its certificate: one file is written, the other not yet), the
   * set is offered again at the next look, and `onError` hears of it.
   */
  onChange: (contents: Readonly<Record<string, Buffer>>) => void | Promise<void>;
  /** An unreadable file or a refused set; the last good contents stay in force. */
  onError?: (error: Error) => void;
  /** Milliseconds between looks when nothing was heard. */
  pollMs?: number;
  /** Milliseconds between the two reads that must agree. */
  settleMs?: number;
}

export interface Followed {
  /** Contents at start, then the last set the callback took. */
  readonly contents: Readonly<Record<string, Buffer>>;
  /** Look now instead of at the next poll; resolves when the look is over. */
  check(): Promise<void>;
  close(): void;
}

type Contents = Record<string, Buffer>;

async function readAll(files: Readonly<Record<string, string>>): Promise<Contents> {
  const names = Object.keys(files);
  const read = await Promise.all(names.map((name) => readFile(files[name] ?? '')));
  return Object.fromEntries(names.map((name, i) => [name, read[i] ?? Buffer.alloc(0)]));
}

function same(a: Contents, b: Contents): boolean {
  return Object.keys(a).every((name) => b[name] !== undefined && a[name]?.equals(b[name]));
}

function asError(cause: unknown): Error {
  return cause instanceof Error ? cause : new Error(String(cause));
}

/** Reads the files once (rejects when one is missing), then follows them until `close`. */
export async function followFiles(options: FollowOptions): Promise<Followed> {
  const follower = new Follower(options, await readAll(options.files));
  follower.start();
  return follower;
}

class Follower implements Followed {
  contents: Contents;
  readonly #options: FollowOptions;
  readonly #settleMs: number;
  #watchers: FSWatcher[] = [];
  #poll: NodeJS.Timeout | undefined;
  #soon: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #closed = false;

  constructor(options: FollowOptions, contents: Contents) {
    this.#options = options;
    this.#settleMs = options.settleMs ?? 50;
    this.contents = contents;
  }

  start(): void {
    const folders = new Set(Object.values(this.#options.files).map((path) => dirname(path)));
    for (const folder of folders) this.#watch(folder);
    this.#poll = setInterval(() => void this.check(), this.#options.pollMs ?? 10_000);
    this.#poll.unref();
  }

  /** Changes come in bursts (kubelet makes a folder, writes, swaps): one look after the burst. */
  #hear(): void {
    if (this.#soon !== undefined || this.#closed) return;
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      void this.check();
    }, this.#settleMs);
    this.#soon.unref();
  }

  #watch(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, () => this.#hear());
      // A folder that is removed, or no inotify left: the poll still sees every change.
      watcher.on('error', () => watcher.close());
      this.#watchers.push(watcher);
    } catch {
      // The same: polling alone is slower, not wrong.
    }
  }

  check(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    try {
      const first = await readAll(this.#options.files);
      if (same(this.contents, first)) return;
      await new Promise((resolve) => setTimeout(resolve, this.#settleMs));
      const second = await readAll(this.#options.files);
      if (!same(first, second)) return this.#hear();
      if (this.#closed) return;
      await this.#options.onChange(second);
      this.contents = second;
    } catch (cause) {
      if (!this.#closed) this.#options.onError?.(asError(cause));
    }
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    clearTimeout(this.#soon);
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
  }
}
