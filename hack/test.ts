import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureGenerated } from '../schema/generate.ts';
import { impossibleHere, planTests, projectFiles } from './test-files.ts';
import { killTestFiles, runTestFile } from './test-process.ts';

/**
 * hack/test [--only NAME-PATTERN] [PATH-FILTER...]: every test, those beside the code first, then
 * those of whole processes. The last line is `N passed, N failed`; the exit code says the same.
 * PROPERTY_RUNS=N in the environment tries N random examples of each property (properties.ts).
 */

const root = join(import.meta.dirname, '..');
/** Of one file. A hanging test must not take the whole run with it. */
const unitTimeoutMs = 3 * 60_000;
const wholeTimeoutMs = 6 * 60_000;
const total = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

async function runFiles(files: readonly string[], concurrency: number, timeoutMs: number) {
  const left = [...files];
  const worker = async (): Promise<void> => {
    for (let file = left.shift(); file !== undefined; file = left.shift()) {
      await runOne(file, timeoutMs);
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

async function runOne(file: string, timeoutMs: number): Promise<void> {
  if (impossibleHere(file)) {
    console.log(`- ${file} skipped: this machine does not let us make namespaces (unshare)`);
    total.skipped += 1;
    return;
  }
  const result = await runTestFile(file, { timeoutMs, only: values.only });
  total.passed += result.passed;
  total.failed += result.failed;
  total.skipped += result.skipped;
  const counts = [`${result.passed} passed`];
  if (result.failed > 0) counts.push(`${result.failed} failed`);
  if (result.skipped > 0) counts.push(`${result.skipped} skipped`);
  const mark = result.failed === 0 ? '✔' : '✖';
  const seconds = (result.milliseconds / 1000).toFixed(1);
  console.log(`${mark} ${file} ${counts.join(', ')}, ${seconds} s`);
  for (const remark of result.remarks) console.log(`  ${remark}`);
  for (const failure of result.failures) console.log(`\n${failure}\n`);
  failures.push(...result.failures.map((failure) => `${file}\n${failure}\n`));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string', multiple: true, default: [] } },
});
process.chdir(root);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    killTestFiles();
    process.exit(130);
  });
}
ensureGenerated();
const plan = planTests(projectFiles('.test.ts'), positionals);
if (plan.unit.length + plan.whole.length === 0) {
  console.error(`no test file matches ${positionals.join(' ')}`);
  total.failed += 1;
}
await runFiles(plan.unit, 2, unitTimeoutMs);
// One at a time: each starts a dozen processes of its own.
await runFiles(plan.whole, 1, wholeTimeoutMs);
// Once more, where whoever sees only the end of the output finds it.
if (failures.length > 0) console.log(`\nwhat failed:\n\n${failures.join('\n')}`);
if (total.skipped > 0) console.log(`${total.skipped} skipped`);
console.log(`${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
