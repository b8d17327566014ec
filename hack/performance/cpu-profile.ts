import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a CPU profile of V8 says, in words: who spends the time himself, by function and by folder. */
export interface CpuProfile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
  }[];
  /** Ids of the nodes that were found running. */
  samples?: number[];
  /** Microseconds before each sample. */
  timeDeltas?: number[];
}

export interface Share {
  name: string;
  /** Of all the time that the process was not idle. */
  share: number;
}

export interface ProfileSummary {
  busyMs: number;
  /** Collection of garbage by the main thread. */
  garbage: number;
  /** Code that is not JavaScript: of Node.js, TLS, the kernel, V8 itself. */
  native: number;
  folders: Share[];
  functions: Share[];
}

/** Gives the source file of a line, counted from 0, of what was loaded from a URL. */
export type SourceOf = (url: string, line: number) => string;

export function summarise(profile: CpuProfile, sourceOf: SourceOf): ProfileSummary {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const [folders, functions] = [new Map<string, number>(), new Map<string, number>()];
  const add = (sums: Map<string, number>, name: string, us: number): void => {
    sums.set(name, (sums.get(name) ?? 0) + us);
  };
  let busy = 0;
  profile.samples?.forEach((id, i) => {
    const frame = frames.get(id);
    if (frame === undefined || frame.functionName === '(idle)') return;
    const us = profile.timeDeltas?.[i] ?? 0;
    const { functionName, url, lineNumber } = frame;
    const source = url === '' ? '' : sourceOf(url, lineNumber);
    busy += us;
    add(folders, source === '' ? nameless(functionName) : dirname(source), us);
    const name = functionName === '' ? '(anonymous)' : functionName;
    add(functions, source === '' ? `${name}, native` : `${name}, ${source}`, us);
  });
  const shares = (sums: Map<string, number>): Share[] =>
    [...sums]
      .map(([name, us]) => ({ name, share: us / Math.max(1, busy) }))
      .sort((a, b) => b.share - a.share);
  const of = (name: string): number => (folders.get(name) ?? 0) / Math.max(1, busy);
  return {
    busyMs: busy / 1_000,
    garbage: of(garbage),
    native: of(native),
    folders: shares(folders),
    functions: shares(functions),
  };
}

const garbage = '(garbage)';
const native = '(native)';

function nameless(functionName: string): string {
  return functionName === '(garbage collector)' ? garbage : native;
}

const top = 15;
const leastShare = 0.005;

/** For a terminal. */
export function profileText(title: string, summary: ProfileSummary): string {
  const percent = (share: number): string => `${(share * 100).toFixed(1)}%`.padStart(6);
  const lines = (all: readonly Share[]): string[] =>
    all
      .slice(0, top)
      .filter(({ share }) => share >= leastShare)
      .map(({ name, share }) => `  ${percent(share)}  ${name}`);
  const { busyMs, folders, functions } = summary;
  return [
    `${title}: ${Math.round(busyMs)} ms, garbage${percent(summary.garbage)}, native${percent(summary.native)}`,
    ' by folder',
    ...lines(folders),
    ' by function, itself',
    ...lines(functions),
  ].join('\n');
}

/** Bundles say before each module which file it was: `// apiserver/main.ts`. */
export function bundledSources(): SourceOf {
  const known = new Map<string, { line: number; file: string }[]>();
  return (url, line) => {
    if (!url.startsWith('file:')) return url.replace(/^node:(internal\/)?/, 'node/');
    let modules = known.get(url);
    if (modules === undefined) {
      modules = modulesOf(readFileSync(fileURLToPath(url), 'utf8'));
      known.set(url, modules);
    }
    const file = modules.findLast((module) => module.line <= line)?.file;
    return file ?? url.replace(/^.*\/(node_modules\/|dist\/)/, '$1');
  };
}

export function modulesOf(bundle: string): { line: number; file: string }[] {
  return bundle.split('\n').flatMap((text, line) => {
    const file = /^\/\/ (\S+\.[jt]s)$/.exec(text)?.[1];
    return file === undefined ? [] : [{ line, file }];
  });
}
