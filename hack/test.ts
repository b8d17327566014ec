import { join } from 'node:path';
import { run } from 'node:test';
import { parseArgs } from 'node:util';
import { ensureGenerated } from '../schema/generate.ts';
import { planTests, projectFiles } from './test-files.ts';
import { report, type Tally } from './test-report.ts';

/**
 * hack/test [--only NAME-PATTERN] [PATH-FILTER...]: every test, those beside the code first, then
 * those of whole processes. The last line is `N passed, N failed`; the exit code says the same.
 */

const root = join(import.meta.dirname, '..');
/** Of one file. A hanging test must not take the whole run with it. */
const unitTimeoutMs = 5 * 60_000;
const wholeTimeoutMs = 15 * 60_000;

async function runFiles(files: string[], concurrency: number, timeout: number, only: string[]) {
  if (files.length === 0) return;
  const events = run({
    files: files.map((file) => join(root, file)),
    concurrency,
    timeout,
    cwd: root,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    ...(only.length === 0 ? {} : { testNamePatterns: only }),
  });
  for await (const text of report(events, tally)) process.stdout.write(text);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', multiple: true, default: [] } },
});
process.chdir(root);
ensureGenerated();
const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
const plan = planTests(projectFiles('.test.ts'), positionals);
if (plan.unit.length + plan.whole.length === 0) {
  console.error(`no test file matches ${positionals.join(' ')}`);
  tally.failed += 1;
}
await runFiles(plan.unit, 2, unitTimeoutMs, values.only);
// One at a time: each starts a dozen processes of its own.
await runFiles(plan.whole, 1, wholeTimeoutMs, values.only);
if (tally.skipped > 0) console.log(`${tally.skipped} skipped`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exitCode = tally.failed === 0 ? 0 : 1;
