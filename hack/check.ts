import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { ensureGenerated } from '../schema/generate.ts';
import { tidy } from './tidy.ts';

/**
 * hack/check [--fix] [--write-boundaries]: tidy, format, lint with types, types, dead code. All run
 * even when one fails; `--fix` formats.
 */

const root = join(import.meta.dirname, '..');

interface Outcome {
  name: string;
  ok: boolean;
  output: string;
}

function runTool(name: string, file: string, args: readonly string[]): Promise<Outcome> {
  const script = join(root, 'node_modules', file);
  const child = spawn(process.execPath, [script, ...args], { cwd: root });
  let output = '';
  const keep = (chunk: Buffer) => {
    output += chunk.toString();
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ name, ok: false, output: String(error) }));
    child.on('close', (code) => resolve({ name, ok: code === 0, output }));
  });
}

const fix = process.argv.includes('--fix');
ensureGenerated();
const complaints = tidy(process.argv.includes('--write-boundaries'));
const outcomes: Outcome[] = [
  { name: 'tidy', ok: complaints.length === 0, output: `${complaints.join('\n')}\n` },
  await runTool('format', '@biomejs/biome/bin/biome', ['format', ...(fix ? ['--write'] : [])]),
  ...(await Promise.all([
    runTool('lint', 'oxlint/bin/oxlint', ['--type-aware', '-f', 'unix']),
    runTool('types', 'typescript/bin/tsc', ['--noEmit', '-p', '.']),
  ])),
  await runTool('dead code', 'knip/bin/knip.js', ['--no-progress']),
];
for (const { name, ok, output } of outcomes) {
  if (!ok) console.log(`\n${name}:\n${output.trimEnd()}\n`);
}
for (const { name, ok } of outcomes) console.log(`${ok ? '✔' : '✖'} ${name}`);
process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
