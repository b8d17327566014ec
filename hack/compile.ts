import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundlePrograms, programsFolder } from './programs.ts';

/**
 * `npm pack` runs this, and whoever builds an image: the programs in JavaScript, and the
 * declarations of what the package exports. Node strips no types under node_modules.
 */

const root = join(import.meta.dirname, '..');
rmSync(programsFolder, { recursive: true, force: true });
await bundlePrograms();
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const args = [compiler, '-p', join(root, 'tsconfig.build.json')];
const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (status !== 0) process.exit(1);
