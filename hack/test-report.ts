import { inspect } from 'node:util';
import type { TestEvent } from 'node:test/reporters';

/** Counts over several runs of the test runner. A file that crashes counts as one failed test. */
export interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

interface FileCount {
  passed: number;
  milliseconds: number;
}

/**
 * One line for each file that passed, the whole story of each test that failed. Yields text;
 * `tally` is complete when the iteration ends.
 */
export async function* report(events: AsyncIterable<TestEvent>, tally: Tally) {
  const said = new Map<string, string>();
  for await (const event of events) {
    switch (event.type) {
      case 'test:fail':
        if (isReal(event.data)) yield failure(event.data);
        // A file that died before its tests could say why.
        if (event.data.name === event.data.file) yield `${said.get(event.data.file) ?? ''}\n`;
        break;
      case 'test:stderr':
        said.set(
          event.data.file,
          `${said.get(event.data.file) ?? ''}${event.data.message}`.slice(-4096),
        );
        break;
      case 'test:summary': {
        const { counts, file, duration_ms: milliseconds } = event.data;
        if (file === undefined) addTo(tally, counts);
        else if (event.data.success) yield line(file, { passed: counts.passed, milliseconds });
        break;
      }
      default:
    }
  }
}

type Failure = Extract<TestEvent, { type: 'test:fail' }>['data'];

/** Not the suite that fails because a test in it did. */
function isReal(data: Failure): boolean {
  const error = data.details.error as { failureType?: string } | undefined;
  return error?.failureType !== 'subtestsFailed';
}

function failure(data: Failure): string {
  const error = data.details.error as Error & { cause?: unknown };
  const where = data.file === undefined ? '' : `${data.file}:${data.line ?? 0}\n`;
  const story = inspect(error.cause ?? error, { depth: 4 });
  return `\n✖ ${data.name}\n${where}${story}\n\n`;
}

function line(file: string, { passed, milliseconds }: FileCount): string {
  const name = file.replace(`${process.cwd()}/`, '');
  return `✔ ${name} ${passed} passed, ${(milliseconds / 1000).toFixed(1)} s\n`;
}

interface Counts {
  passed: number;
  failed?: number;
  cancelled: number;
  skipped: number;
  todo: number;
  tests: number;
}

function addTo(tally: Tally, counts: Counts): void {
  tally.passed += counts.passed;
  tally.skipped += counts.skipped + counts.todo;
  tally.failed += counts.tests - counts.passed - counts.skipped - counts.todo;
}
