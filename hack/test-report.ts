import { inspect } from 'node:util';
import type { TestEvent } from 'node:test/reporters';

/**
 * The reporter inside the process of one test file: lines of JSON. A process that ends before its
 * tests are through writes no totals, and hack/test then counts it as failed.
 */
export type ReportLine =
  | { kind: 'begun' | 'ended'; name: string }
  | { kind: 'failure'; text: string }
  | { kind: 'totals'; passed: number; failed: number; skipped: number };

// oxlint-disable-next-line import/no-default-export -- where node:test looks for a reporter
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const event of events) {
    // As they happen; what begins and never ends is named when the file has to be killed.
    if (event.type === 'test:dequeue') yield write({ kind: 'begun', name: event.data.name });
    if (event.type === 'test:complete') yield write({ kind: 'ended', name: event.data.name });
    if (event.type === 'test:fail' && isReal(event.data)) yield write(failure(event.data));
    if (event.type === 'test:summary') {
      const { tests, passed, skipped, todo } = event.data.counts;
      const notRun = skipped + todo;
      yield write({ kind: 'totals', passed, failed: tests - passed - notRun, skipped: notRun });
    }
  }
}

const write = (line: ReportLine): string => `${JSON.stringify(line)}\n`;

type Failure = Extract<TestEvent, { type: 'test:fail' }>['data'];

/** Not the suite that fails because a test in it did. */
function isReal(data: Failure): boolean {
  const error = data.details.error as { failureType?: string } | undefined;
  return error?.failureType !== 'subtestsFailed';
}

function failure(data: Failure): ReportLine {
  const error = data.details.error as Error & { cause?: unknown };
  const story = inspect(error.cause ?? error, { depth: 4 });
  const where = data.file === undefined ? '' : `${data.file}:${data.line ?? 0}\n`;
  return { kind: 'failure', text: `✖ ${data.name}\n${where}${story}` };
}
