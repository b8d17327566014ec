import {
  globSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import type { BuildOptions, Plugin } from 'esbuild';
import { ensureGenerated } from '../schema/generate.ts';
import { loader, partOf, programOf } from './parts.ts';

/**
 * The programs as images and packages hold them: a few files of JavaScript each instead of hundreds
 * of TypeScript, which Node finds, reads and links one by one. All in one folder, because what they
 * read at run time is found beside them.
 */

const root = join(import.meta.dirname, '..');
export const programsFolder = join(root, 'dist');

const programs = {
  quorate: 'quorate.ts',
  apiserver: 'apiserver/main.ts',
  controllers: 'controllers/main.ts',
  operator: 'operator/main.ts',
  'etcd-member': 'operator/etcd/start-member.ts',
};
/** Read at run time: where it is, and the folder it is seen in from the code. */
const data = [
  ['schema', 'generated/*'],
  ['schema', 'facts/*'],
  ['.', 'crds/control-plane.yaml'],
] as const;

/**
 * `import` of a built-in module reads all of its exports, those too that load more when they are read (streams of
 * files, WebCrypto, the standard streams). Here those are read that somebody imports.
 */
const plain = /^(?!default$)[A-Za-z]\w*$/;
const builtIns: Plugin = {
  name: 'built-ins',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:/ }, ({ path }) => ({ path, namespace: 'built-in' }));
    onLoad({ filter: /./, namespace: 'built-in' }, ({ path }) => {
      const names = Object.keys(process.getBuiltinModule(path) ?? {}).filter((name) =>
        plain.test(name),
      );
      // pure: what nobody imports is left out, unread
      const lines = names.map(
        (name) => `export const ${name} = /* @__PURE__ */ (() => module.${name})();`,
      );
      const from = `const module = process.getBuiltinModule(${JSON.stringify(path)});`;
      return { contents: [from, 'export default module;', ...lines].join('\n') };
    });
  },
};

/**
 * Packages stay what they are, but for one file of which every start needs a part: to find it in its package, and
 * what it imports of Node, took 30 ms.
 */
const inlined: Plugin = {
  name: 'inlined',
  setup({ onResolve }) {
    onResolve({ filter: /^@kubernetes\/client-node\/dist\/config_types\.js$/ }, ({ path }) => ({
      path: fileURLToPath(import.meta.resolve(path)),
    }));
  },
};

/** One for all: the programs and their parts import it as it is. */
const loaderSource = join(root, 'code-cache/parts.ts');
const loaderApart: Plugin = {
  name: 'loader-apart',
  setup({ onResolve }) {
    onResolve({ filter: /\/code-cache\/parts\.ts$/ }, ({ kind }) =>
      kind === 'entry-point' ? undefined : { path: loader, external: true },
    );
  },
};

const options = {
  absWorkingDir: root,
  bundle: true,
  // what is imported late stays in files of its own
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  packages: 'external',
  // Node keeps the text of what runs in memory: 1.5 MB less of a server. Names stay, and lines
  // short enough for the one that an error shows.
  minifySyntax: true,
  minifyWhitespace: true,
  lineLimit: 120,
  plugins: [builtIns, inlined, loaderApart],
  write: false,
  metafile: true,
  logLevel: 'error',
} as const satisfies BuildOptions;

/** Beside the programs: what they were made of. */
const madeOf = '.made-of.json';

interface More {
  /** With a line before each module that says which it is. */
  readable?: boolean;
}

/**
 * File by file and only what differs: programs that run meanwhile see old or new, never a part.
 * Resolves true when something was made, false when nothing they are made of had changed.
 */
export async function bundlePrograms(folder = programsFolder, more: More = {}): Promise<boolean> {
  ensureGenerated();
  const record = join(folder, madeOf);
  const copies = dataFiles(folder);
  const last = madeLast(record);
  if (last !== undefined && isCurrent(last, copies)) return false;
  const began = Date.now();
  const { build } = await import('esbuild');
  const readable = more.readable === true && { minifyWhitespace: false };
  const { outputFiles, metafile } = await build({
    ...options,
    ...readable,
    entryPoints: programs,
    outdir: folder,
  });
  const entryPoints = { parts: loaderSource };
  const { outputFiles: loaderFiles } = await build({ ...options, entryPoints, outdir: folder });
  const entries = Object.keys(programs).map((name) => join(folder, `${name}.js`));
  for (const { path, text } of outputFiles) {
    const made = entries.includes(path) ? programOf(ascii(text), path) : partOf(ascii(text), path);
    replace(path, Buffer.from(await made));
  }
  for (const { path, text } of loaderFiles) replace(path, Buffer.from(ascii(text)));
  for (const [from, to] of copies) replace(to, readFileSync(from));
  const inputs: Made['inputs'] = {};
  const sources = [
    ...Object.keys(metafile.inputs).map((path) => join(root, path)),
    loaderSource,
    ...tools,
  ];
  for (const path of [...sources, ...copies.keys()]) {
    const stamp = stampOf(path);
    if (stamp === undefined) continue;
    // it may have been read before it changed: made again the next time
    if (stamp[0] >= began) return true;
    inputs[path] = stamp;
  }
  const outputs = [...[...outputFiles, ...loaderFiles].map(({ path }) => path), ...copies.values()];
  const made: Made = { node: process.version, inputs, outputs };
  replace(record, Buffer.from(JSON.stringify(made)));
  removeOutdated(folder, new Set([...outputs, ...(last?.outputs ?? [])]));
  return true;
}

/**
 * Node reads a file without other characters ten times as fast (19 ms of a start). What esbuild leaves
 * stands in regular expressions, where an escape means the same.
 */
function ascii(text: string): string {
  return text.replaceAll(
    /[^\0-\x7f]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** What makes the programs. */
const tools = [
  import.meta.filename,
  join(import.meta.dirname, 'parts.ts'),
  join(root, 'package-lock.json'),
];

function dataFiles(folder: string): Map<string, string> {
  const pairs = data.flatMap(([from, pattern]) => {
    const cwd = join(root, from);
    return globSync(pattern, { cwd }).map((path) => [join(cwd, path), join(folder, path)] as const);
  });
  return new Map(pairs);
}

/** Milliseconds of the last change, and bytes. */
type Stamp = [changed: number, size: number];

interface Made {
  /** Its built-in modules are read when the programs are made. */
  node: string;
  inputs: Record<string, Stamp>;
  outputs: string[];
}

/** Undefined when nothing was made yet, or the record cannot be read. */
function madeLast(record: string): Made | undefined {
  try {
    return JSON.parse(readFileSync(record, 'utf8')) as Made;
  } catch {
    return undefined;
  }
}

function isCurrent(made: Made, copies: ReadonlyMap<string, string>): boolean {
  const { node, inputs, outputs } = made;
  return (
    node === process.version &&
    [...copies.keys()].every((path) => inputs[path] !== undefined) &&
    Object.entries(inputs).every(([path, stamp]) => isDeepStrictEqual(stampOf(path), stamp)) &&
    outputs.every((path) => stampOf(path) !== undefined)
  );
}

/** A program that was started before has parts that it still reads: those made last stay one time longer. */
function removeOutdated(folder: string, wanted: ReadonlySet<string>): void {
  for (const name of globSync('*.js', { cwd: folder })) {
    const path = join(folder, name);
    if (!wanted.has(path)) rmSync(path, { force: true });
  }
  // and what those compiled in this checkout (code-cache/parts.ts)
  if (folder !== programsFolder) return;
  for (const path of globSync('.cache/*/*/*.js.code', { cwd: root })) {
    const part = join(folder, basename(path, '.code'));
    if (!wanted.has(part)) rmSync(join(root, path), { force: true });
  }
}

/** Undefined when there is no such file. */
function stampOf(path: string): Stamp | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat === undefined ? undefined : [stat.mtimeMs, stat.size];
}

function replace(path: string, contents: Uint8Array): void {
  if (contentsOf(path)?.equals(contents) === true) return;
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}`;
  writeFileSync(part, contents);
  renameSync(part, path);
}

function contentsOf(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
