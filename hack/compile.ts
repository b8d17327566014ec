import { spawnSync } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureGenerated } from '../schema/generate.ts';

/**
 * `npm pack` runs this: Node strips no types under node_modules, so the package holds JavaScript.
 * Everything else runs the TypeScript as it is.
 */

const root = join(import.meta.dirname, '..');
const out = join(root, 'dist');
/** Read at run time, by paths relative to the code. */
const data = ['schema/generated', 'schema/facts', 'crds/control-plane.yaml'];

rmSync(out, { recursive: true, force: true });
ensureGenerated();
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const args = [compiler, '-p', join(root, 'tsconfig.build.json')];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (status !== 0) process.exit(1);
for (const path of data) cpSync(join(root, path), join(out, path), { recursive: true });
