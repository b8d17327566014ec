import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import type { KeyValue, StoreEvent } from '../store.ts';

/** Raised when the tables change in a way that older programs must not touch. */
const layoutVersion = 1;

// keys are TEXT under BINARY collation: byte order of UTF-8, as etcd's
const layout = `
create table if not exists history (
  revision integer primary key,
  key text not null,
  value blob,
  expires integer
) strict;
create index if not exists history_by_key on history (key, revision);
create table if not exists living (
  key text primary key,
  revision integer not null,
  expires integer
) strict, without rowid;
create index if not exists living_by_expiry on living (expires) where expires is not null;
create table if not exists state (
  only_row integer primary key check (only_row = 1),
  compacted integer not null,
  highest integer not null
) strict;
insert or ignore into state values (1, 0, 1);
`;

export function openDatabase(path: string, synchronous: 'full' | 'normal'): DatabaseSync {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = new DatabaseSync(path, { timeout: 2_000 });
  try {
    database.exec('pragma locking_mode = exclusive');
    database.exec('pragma journal_mode = wal');
    database.exec(`pragma synchronous = ${synchronous}`);
    database.exec('pragma cache_size = -16384');
    const row = database.prepare('pragma user_version').get();
    const version = Number(row?.['user_version'] ?? 0);
    if (version > layoutVersion) {
      throw new Error(
        `${path} was written by a newer program (layout ${version}, known ${layoutVersion})`,
      );
    }
    database.exec(layout);
    database.exec(`pragma user_version = ${layoutVersion}`);
  } catch (error) {
    database.close();
    if (/database is locked/.test(String(error))) {
      throw new Error(`${path} is in use by another process: one process serves one database`, {
        cause: error,
      });
    }
    throw error;
  }
  return database;
}

export interface Range {
  start: string;
  /** Undefined: no end. */
  end: string | undefined;
  /** -1: all. */
  limit: number;
  keysOnly: boolean;
}

/** Sorts behind every key that can be written. */
const behindAll = '\u{10ffff}\u{10ffff}';

function asBuffer(value: unknown): Buffer {
  const bytes = value as Uint8Array;
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const noValue = Buffer.alloc(0);
const now = `from living join history using (revision) where living.key >= ? and living.key < ?`;
/** The versions living at a revision: the newest of each key up to it, unless that is a delete. */
const then = `from history join (
    select max(revision) as revision from history
    where key >= ? and key < ? and revision <= ? group by key
  ) using (revision) where value is not null`;

/** The prepared statements, with their rows in the store's own shapes. */
export class Statements {
  readonly #sql: Record<string, StatementSync>;

  constructor(database: DatabaseSync) {
    const texts = {
      begin: 'begin immediate',
      commit: 'commit',
      rollback: 'rollback',
      state: 'select compacted, highest from state',
      newest: 'select max(revision) as newest from history',
      setCompacted: 'update state set compacted = ?',
      setHighest: 'update state set highest = ?',
      current:
        'select history.value, living.revision from living join history using (revision) where living.key = ?',
      append: 'insert into history (revision, key, value, expires) values (?, ?, ?, ?)',
      live: 'insert into living (key, revision, expires) values (?, ?, ?) on conflict (key) do update set revision = excluded.revision, expires = excluded.expires',
      die: 'delete from living where key = ?',
      events:
        'select revision, key, value from history where revision >= ? order by revision limit ?',
      listNow: `select living.key, revision, value ${now} order by living.key limit ?`,
      listNowKeys:
        'select key, revision from living where key >= ? and key < ? order by key limit ?',
      countNow: 'select count(*) as n from living where key >= ? and key < ?',
      listThen: `select key, revision, value ${then} order by key limit ?`,
      countThen: `select count(*) as n ${then}`,
      expired:
        'select key, revision from living where expires is not null and expires <= ? order by expires limit ?',
      size: 'select page_count * page_size as bytes from pragma_page_count(), pragma_page_size()',
      keysFrom:
        'select distinct key from history where key > ? and revision <= ? order by key limit ?',
      // of each key the newest version up to the compaction stays, unless it is an earlier delete
      forget: `delete from history where key > ?1 and key <= ?2 and revision <= ?3 and (
          (value is null and revision < ?3) or exists (
            select 1 from history newer where newer.key = history.key
              and newer.revision > history.revision and newer.revision <= ?3))`,
    };
    this.#sql = Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [name, database.prepare(text)]),
    );
  }

  state(): { revision: number; compacted: number } {
    const row = this.#get('state');
    const newest = Number(this.#get('newest')?.['newest'] ?? 1);
    const highest = Number(row?.['highest'] ?? 1);
    return { revision: Math.max(newest, highest), compacted: Number(row?.['compacted'] ?? 0) };
  }

  begin(): void {
    this.#run('begin');
  }

  commit(): void {
    this.#run('commit');
  }

  /** Nothing to roll back is fine: the begin itself may have failed. */
  rollback(): void {
    try {
      this.#run('rollback');
    } catch {
      // no transaction
    }
  }

  current(key: string): KeyValue | undefined {
    const row = this.#get('current', key);
    if (row === undefined) return undefined;
    return { key, value: asBuffer(row['value']), modRevision: Number(row['revision']) };
  }

  put(revision: number, key: string, value: Buffer | undefined, expires: number | null): void {
    this.#run('append', revision, key, value ?? null, expires);
    if (value === undefined) this.#run('die', key);
    else this.#run('live', key, revision, expires);
  }

  events(from: number, limit: number): StoreEvent[] {
    return this.#all('events', from, limit).map(({ revision, key, value }) => ({
      type: value === null ? 'delete' : 'put',
      key: String(key),
      value: value === null ? noValue : asBuffer(value),
      revision: Number(revision),
    }));
  }

  listNow({ start, end = behindAll, limit, keysOnly }: Range): KeyValue[] {
    return this.#all(keysOnly ? 'listNowKeys' : 'listNow', start, end, limit).map(toItem);
  }

  listThen({ start, end = behindAll, limit, keysOnly }: Range, revision: number): KeyValue[] {
    const items = this.#all('listThen', start, end, revision, limit).map(toItem);
    return keysOnly ? items.map((item) => ({ ...item, value: noValue })) : items;
  }

  countNow({ start, end = behindAll }: Range): number {
    return Number(this.#get('countNow', start, end)?.['n']);
  }

  countThen({ start, end = behindAll }: Range, revision: number): number {
    return Number(this.#get('countThen', start, end, revision)?.['n']);
  }

  expired(at: number, limit: number): { key: string; modRevision: number }[] {
    return this.#all('expired', at, limit).map(toItem);
  }

  /** Also keeps the revision counter from falling back when the newest row is compacted away. */
  setCompacted(revision: number): void {
    const { revision: highest } = this.state();
    this.#run('setCompacted', revision);
    this.#run('setHighest', highest);
  }

  /** Forgets old versions of the next `keys` keys behind `from`; gives the last, undefined at the end. */
  compactStep(revision: number, from: string, keys: number): string | undefined {
    const step = this.#all('keysFrom', from, revision, keys);
    const last = step.map(({ key }) => key as string).at(-1);
    if (last === undefined) return undefined;
    this.#run('forget', from, last, revision);
    return last;
  }

  size(): number {
    return Number(this.#get('size')?.['bytes']);
  }

  #run(name: string, ...values: (string | number | Buffer | null)[]): void {
    this.#sql[name]?.run(...values);
  }

  #get(name: string, ...values: (string | number)[]): Record<string, unknown> | undefined {
    return this.#sql[name]?.get(...values);
  }

  #all(name: string, ...values: (string | number)[]): Record<string, unknown>[] {
    return this.#sql[name]?.all(...values) ?? [];
  }
}

function toItem(row: Record<string, unknown>): KeyValue {
  const { key, revision, value } = row;
  const bytes = value === undefined || value === null ? noValue : asBuffer(value);
  return { key: String(key), value: bytes, modRevision: Number(revision) };
}
