import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogEntry } from './log-file.ts';
import { entryText, parseLogQuery, selectEntries } from './log-query.ts';

const now = Date.parse('2026-01-01T00:01:00Z');
const at = (second: number, stream: 'stdout' | 'stderr' = 'stdout'): LogEntry => ({
  time: new Date(Date.parse('2026-01-01T00:00:00Z') + second * 1000).toISOString(),
  stream,
  text: `${second}\n`,
});
const entries = [at(10), at(20, 'stderr'), at(30), at(40, 'stderr'), at(50)];

function select(query: string): string {
  const parsed = parseLogQuery(new URLSearchParams(query), now);
  return selectEntries(entries, parsed)
    .map((entry) => entryText(entry, parsed))
    .join('')
    .replaceAll('\n', ' ')
    .trim();
}

test('without parameters everything', () => {
  assert.equal(select(''), '10 20 30 40 50');
});

test('since, stream and tail are combined: the last of those that fit', () => {
  assert.equal(select('sinceSeconds=30'), '30 40 50');
  assert.equal(select('sinceTime=2026-01-01T00:00:31Z'), '40 50');
  assert.equal(select('stream=Stderr'), '20 40');
  assert.equal(select('stream=Stderr&tailLines=1'), '40');
  assert.equal(select('sinceSeconds=45&stream=Stdout&tailLines=5'), '30 50');
  assert.equal(select('tailLines=0'), '');
});

test('timestamps stand before each line', () => {
  assert.equal(select('timestamps=true&tailLines=1'), '2026-01-01T00:00:50.000Z 50');
});

test('what makes no sense is refused by name', () => {
  assert.throws(() => select('tailLines=-1'), /tailLines must be a number/);
  assert.throws(() => select('sinceTime=yesterday'), /sinceTime must be a time/);
  assert.throws(() => select('stream=Both'), /stream must be/);
});
