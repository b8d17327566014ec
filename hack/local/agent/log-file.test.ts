import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { type LogEntry, LogFile } from './log-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-log-'));
after(() => rmSync(folder, { recursive: true, force: true }));

let count = 0;
function newLog(bytesMax?: number): LogFile {
  count += 1;
  return new LogFile(join(folder, `${count}.log`), bytesMax);
}

const textOf = (entries: readonly LogEntry[], stream: string) =>
  entries
    .filter((e) => e.stream === stream)
    .map((e) => e.text)
    .join('');

test('what is written comes back, however it is cut, streams apart', () => {
  const chunk = fc.tuple(fc.constantFrom('stdout' as const, 'stderr' as const), fc.string());
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 20 }), (chunks) => {
      const log = newLog();
      for (const [stream, text] of chunks) log.write(stream, Buffer.from(text));
      log.close();
      for (const stream of ['stdout', 'stderr']) {
        const written = chunks.filter(([s]) => s === stream).map(([, text]) => text);
        assert.equal(textOf(log.entries(), stream), written.join(''));
      }
    }),
    { numRuns: 60 },
  );
});

test('a letter cut in two by the pipe is whole in the log', () => {
  const log = newLog();
  const bytes = Buffer.from('grüße\n');
  log.write('stdout', bytes.subarray(0, 3));
  log.write('stdout', bytes.subarray(3));
  log.close();
  assert.equal(textOf(log.entries(), 'stdout'), 'grüße\n');
});

test('a line without end is kept in parts and never held whole', () => {
  const log = newLog();
  log.write('stdout', Buffer.alloc(40_000, 'x'));
  const parts = log.entries().map((e) => e.text.length);
  assert.deepEqual(parts, [16_384, 16_384]);
  log.close();
  assert.equal(textOf(log.entries(), 'stdout').length, 40_000);
});

test('two files of bounded size keep the newest', () => {
  const log = newLog(10_000);
  for (let i = 0; i < 2000; i += 1) log.write('stdout', Buffer.from(`line ${i}\n`));
  log.close();
  for (const path of [log.path, `${log.path}.1`]) assert.ok(statSync(path).size <= 10_000);
  const entries = log.entries();
  assert.equal(entries.at(-1)?.text, 'line 1999\n');
  const first = Number(entries[0]?.text.slice(5));
  assert.equal(
    entries.length,
    2000 - first,
    'nothing is missing between the oldest and the newest',
  );
});

test('what cannot be kept is lost, and ends nothing', () => {
  const log = newLog(10_000);
  rmSync(log.path);
  for (let i = 0; i < 2000; i += 1) log.write('stdout', Buffer.from(`line ${i}\n`));
  log.close();
  assert.deepEqual(log.entries(), []);
});

test('followers hear every entry from then on, and of the end', () => {
  const log = newLog();
  log.write('stdout', Buffer.from('before\n'));
  const heard: string[] = [];
  const stop = log.follow(
    ({ text }) => heard.push(text),
    () => heard.push('closed'),
  );
  log.write('stderr', Buffer.from('one\ntwo'));
  log.close();
  stop();
  log.follow(
    () => {},
    () => heard.push('was closed already'),
  );
  assert.deepEqual(heard, ['one\n', 'two', 'closed', 'was closed already']);
});
