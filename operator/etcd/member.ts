import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import { untilFirstAnswers } from './first-member.ts';
import type { MemberRecord } from './ledger.ts';

/**
 * Starts one etcd member: reads what the operator has decided about it, looks at the disk, and
 * becomes etcd (execve: no second process stays behind). It never guesses: a member whose data is
 * gone must not run under its old identity, because it may already have voted or acknowledged
 * writes that it no longer knows. Such a member ends with {@link lostDiskExitCode}, the operator
 * sees that, replaces it in the cluster and starts it anew.
 *
 *   node operator/etcd/start-member.ts --name=$(POD_NAME) --records=DIR --volume=DIR -- etcd FLAGS...
 */

/** Exit code that tells the operator: this member had data and has none now. */
export const lostDiskExitCode = 76;

export type Decision =
  | { kind: 'run' }
  /** First start of this incarnation: `wipe` what an earlier one left behind. */
  | { kind: 'start'; state: 'new' | 'existing'; wipe: boolean }
  | { kind: 'wait'; why: string }
  | { kind: 'lost' }
  | { kind: 'refuse'; why: string };

export interface Disk {
  hasData: boolean;
  /** Incarnation that wrote the data; undefined when it is not of this cluster. */
  incarnation: number | undefined;
}

/** What to do, from the operator's record and what is on the disk. */
export function decide(record: MemberRecord | undefined, disk: Disk): Decision {
  if (record === undefined) return { kind: 'wait', why: 'no record of this member yet' };
  if (record.start === 'wait' || record.phase === 'Gone') {
    return { kind: 'wait', why: `member is ${record.phase}` };
  }
  const { hasData, incarnation } = disk;
  if (incarnation !== undefined && incarnation > record.incarnation) {
    return { kind: 'wait', why: 'the record is older than the data on disk' };
  }
  if (hasData && incarnation === undefined) {
    return { kind: 'refuse', why: 'the volume holds etcd data that is not of this member' };
  }
  if (hasData && incarnation === record.incarnation) return { kind: 'run' };
  switch (record.start) {
    case 'resume':
      return { kind: 'lost' };
    case 'new':
      if (hasData) return { kind: 'refuse', why: 'the volume holds data of an earlier cluster' };
      return { kind: 'start', state: 'new', wipe: true };
    case 'join':
      return { kind: 'start', state: 'existing', wipe: true };
  }
}

function readRecord(path: string): (MemberRecord & { token: string }) | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

function readDisk(dataDir: string, markerPath: string, token: string | undefined): Disk {
  const wal = join(dataDir, 'member', 'wal');
  const hasData = existsSync(wal) && readdirSync(wal).some((file) => file.endsWith('.wal'));
  try {
    const marker = JSON.parse(readFileSync(markerPath, 'utf8'));
    return { hasData, incarnation: marker.token === token ? marker.incarnation : undefined };
  } catch {
    return { hasData, incarnation: undefined };
  }
}

/** execve takes no PATH. */
function findProgram(name: string): string {
  if (name.includes('/')) return name;
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    if (existsSync(path)) return path;
  }
  throw new Error(`${name} is not in PATH: the image of etcd pods must contain it`);
}

function become(command: readonly string[]): never {
  const [program = 'etcd', ...flags] = command;
  const path = findProgram(program);
  // Node says once that execve is experimental; that is no news to whoever reads etcd's log.
  process.removeAllListeners('warning');
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined) env[name] = value;
  process.execve?.(path, [program, ...flags], env);
  throw new Error('this Node.js cannot replace its process (process.execve is missing)');
}

export function say(message: string, fields: Record<string, unknown>): void {
  process.stderr.write(`${JSON.stringify({ name: 'etcd-member', ...fields, msg: message })}\n`);
}

interface Arguments {
  name: string;
  records: string;
  volume: string;
  command: string[];
}

function readArguments(args: string[]): Arguments {
  const split = args.indexOf('--');
  const { values } = parseArgs({
    args: split < 0 ? args : args.slice(0, split),
    options: {
      name: { type: 'string' },
      records: { type: 'string' },
      volume: { type: 'string' },
    },
  });
  const { name, records, volume } = values;
  if (name === undefined || records === undefined || volume === undefined || split < 0) {
    throw new Error(
      'usage: start-member.ts --name=NAME --records=DIR --volume=DIR -- etcd FLAGS...',
    );
  }
  return { name, records, volume, command: args.slice(split + 1) };
}

export async function startMember(): Promise<void> {
  const { name, records, volume, command } = readArguments(process.argv.slice(2));
  const dataDir = join(volume, 'data');
  const marker = join(volume, 'incarnation.json');
  const base = [...command, `--name=${name}`, `--data-dir=${dataDir}`];
  let said = '';
  for (;;) {
    const record = readRecord(join(records, `${name}.json`));
    const decision = decide(record, readDisk(dataDir, marker, record?.token));
    switch (decision.kind) {
      case 'run':
        return become(base);
      case 'start': {
        if (decision.wipe) rmSync(dataDir, { recursive: true, force: true });
        mkdirSync(dataDir, { recursive: true, mode: 0o700 });
        writeFileSync(
          marker,
          JSON.stringify({ incarnation: record?.incarnation, token: record?.token }),
        );
        const { initialCluster = '' } = record ?? {};
        if (decision.state === 'new') await untilFirstAnswers({ name, initialCluster, command });
        return become([
          ...base,
          `--initial-cluster=${initialCluster}`,
          `--initial-cluster-state=${decision.state}`,
          `--initial-cluster-token=${record?.token}`,
        ]);
      }
      case 'lost':
        say('the disk of this member is empty; waiting to be replaced', { member: name });
        process.exit(lostDiskExitCode);
        break;
      case 'refuse':
        throw new Error(
          `${decision.why}; delete its PersistentVolumeClaim and the pod to start over`,
        );
      case 'wait':
        if (said !== decision.why) say('waiting', { member: name, why: decision.why });
        said = decision.why;
        await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
