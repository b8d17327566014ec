import { globSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build, type Plugin } from 'esbuild';
import { ensureGenerated } from '../schema/generate.ts';

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

/** File by file and only what differs: programs that run meanwhile see old or new, never a part. */
export async function bundlePrograms(folder = programsFolder): Promise<void> {
  ensureGenerated();
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: programs,
    outdir: folder,
    bundle: true,
    // what is imported late stays in files of its own
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    plugins: [builtIns],
    write: false,
    logLevel: 'error',
  });
  for (const { path, contents } of outputFiles) replace(path, contents);
  for (const [from, pattern] of data) {
    const cwd = join(root, from);
    for (const path of globSync(pattern, { cwd })) {
      replace(join(folder, path), readFileSync(join(cwd, path)));
    }
  }
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
