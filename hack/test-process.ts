import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReportLine } from './test-report.ts';

export interface TestFileOptions {
  /** Milliseconds until the file, and what it started, is killed and counts as failed. */
  timeoutMs: number;
  /** Name patterns of the tests to run; none means all. */
  only: readonly string[];
}

export interface TestFileResult {
  passed: number;
  failed: number;
  skipped: number;
  milliseconds: number;
  /** What failed, each as text for a person. */
  failures: string[];
  /** Lines the tests printed that start with `# `: measurements. */
  remarks: string[];
}

const reporter = join(import.meta.dirname, 'test-report.ts');
const properties = join(import.meta.dirname, 'properties.ts');
/** Of what a failed file printed. */
const outputMost = 16 * 1024;
const running = new Set<number>();

/** What runs now dies with the runner. */
export function killTestFiles(): void {
  for (const pid of running) killGroup(pid);
}

/**
 * Runs a test file in a process group of its own, which is gone when this resolves. Output goes to
 * a file, not a pipe: a process left behind cannot hold the run up.
 */
export async function runTestFile(file: string, options: TestFileOptions): Promise<TestFileResult> {
  const folder = mkdtempSync(join(tmpdir(), 'quorate-test-'));
  const [reportFile, outputFile] = [join(folder, 'report'), join(folder, 'output')];
  const began = performance.now();
  try {
    const ended = await runProcess(file, options, reportFile, outputFile);
    const milliseconds = performance.now() - began;
    const output = readFileSync(outputFile, 'utf8');
    const lines = existsSync(reportFile) ? readFileSync(reportFile, 'utf8').split('\n') : [];
    return { ...judge(file, ended, lines, output), milliseconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** How it ended, in words; undefined when by itself with 0. */
async function runProcess(
  file: string,
  { timeoutMs, only }: TestFileOptions,
  reportFile: string,
  outputFile: string,
): Promise<string | undefined> {
  const output = openSync(outputFile, 'a');
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      `--test-reporter=${reporter}`,
      `--test-reporter-destination=${reportFile}`,
      ...(hasProperties(file) ? [`--import=${properties}`] : []),
      ...only.map((pattern) => `--test-name-pattern=${pattern}`),
      file,
    ],
    { detached: true, stdio: ['ignore', output, output] },
  );
  closeSync(output);
  const { pid } = child;
  if (pid === undefined) return 'could not be started';
  running.add(pid);
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    killGroup(pid);
  }, timeoutMs);
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  clearTimeout(timer);
  killGroup(pid);
  running.delete(pid);
  if (hung) return `did not end within ${timeoutMs / 1000} s and was killed`;
  return code === 0 ? undefined : `ended with ${signal ?? code}`;
}

function hasProperties(file: string): boolean {
  return readFileSync(file, 'utf8').includes("from 'fast-check'");
}

function judge(
  file: string,
  ended: string | undefined,
  lines: readonly string[],
  output: string,
): Omit<TestFileResult, 'milliseconds'> {
  const report = lines.filter((l) => l.endsWith('}')).map((l) => JSON.parse(l) as ReportLine);
  const failures = report.flatMap((line) => (line.kind === 'failure' ? [line.text] : []));
  const totals = report.findLast((line) => line.kind === 'totals');
  const { passed, failed, skipped } = totals ?? { passed: 0, failed: failures.length, skipped: 0 };
  const remarks = output.split('\n').filter((line) => line.startsWith('# '));
  const unsaid =
    ended ?? (totals === undefined ? 'ended before its tests were through' : undefined);
  if (unsaid === undefined || failed > 0) return { passed, failed, skipped, failures, remarks };
  const open = unended(report).map((name) => `  in: ${name}\n`);
  failures.push(`✖ ${file} ${unsaid}\n${open.join('')}${output.slice(-outputMost)}`);
  return { passed, failed: 1, skipped, failures, remarks };
}

/** Names of the tests that began and did not end. */
function unended(report: readonly ReportLine[]): string[] {
  const open: string[] = [];
  for (const line of report) {
    if (line.kind === 'begun') open.push(line.name);
    if (line.kind === 'ended') open.splice(open.lastIndexOf(line.name), 1);
  }
  return open;
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody is left in it.
  }
}
