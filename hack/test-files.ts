import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '..');
const skipped = new Set(['node_modules', 'dist', 'testdata']);

/** They run pods or a whole local instance. */
const needNamespaces = [
  'hack/local/agent/agent.test.ts',
  'test/failure.test.ts',
  'test/local-mode.test.ts',
  'test/local.test.ts',
];

/** What of the plan this machine cannot run: a container without privileges has no namespaces. */
export function impossibleHere(file: string): boolean {
  if (!needNamespaces.includes(file)) return false;
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  const namespaces = ['--net', '--mount', '--pid', '--fork', '--mount-proc'];
  return spawnSync('unshare', [...user, ...namespaces, 'true']).status !== 0;
}

/** Every file of the project with this ending, relative to its root, sorted. No ignored folders. */
export function projectFiles(ending: string): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      if (skipped.has(entry.name) || entry.name.startsWith('.')) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) walk(path);
      else if (entry.name.endsWith(ending)) found.push(relative(root, path));
    }
  };
  walk(root);
  return found.sort();
}

export interface TestPlan {
  /** Beside the code they test. */
  unit: string[];
  /** Whole processes, in `test/`. */
  whole: string[];
}

/** The test files whose path contains one of the filters; no filters means all. */
export function planTests(files: readonly string[], filters: readonly string[]): TestPlan {
  const wanted = files.filter(
    (file) => filters.length === 0 || filters.some((filter) => file.includes(filter)),
  );
  const isWhole = (file: string) => file.startsWith('test/') && !file.startsWith('test/harness/');
  return { unit: wanted.filter((f) => !isWhole(f)), whole: wanted.filter(isWhole) };
}
