import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { lineOf } from './line.ts';

const parsed = (fields: object) => JSON.parse(lineOf({ level: 30 }, fields, 'said'));

test('a line is what stands first, the fields, the message', () => {
  const time = new Date(0);
  assert.equal(
    lineOf({ level: 30, time, name: 'p' }, { a: 1, b: undefined, c: { d: null } }, 'it "is"'),
    '{"level":30,"time":"1970-01-01T00:00:00.000Z","name":"p","a":1,"c":{"d":null},"msg":"it \\"is\\""}\n',
  );
});

test('errors are written with their causes and what they carry', () => {
  class LostError extends Error {
    code = 'LOST';
  }
  const root = new Error('no route');
  const { error } = parsed({ error: new LostError('not there', { cause: root }) });
  assert.equal(error.type, 'LostError');
  assert.equal(error.message, 'not there: no route');
  assert.equal(error.code, 'LOST');
  assert.match(error.stack, /^Error: not there\n[^]*\ncaused by: Error: no route\n/);
  const many = parsed({ error: new AggregateError([new Error('a'), new Error('b')], 'both') });
  assert.deepEqual(
    many.error.aggregateErrors.map(({ message }: Error) => message),
    ['a', 'b'],
  );
  assert.equal(parsed({ outcome: { inner: new Error('deep') } }).outcome.inner.message, 'deep');
});

test('what JSON cannot say does not throw', () => {
  const circle: Record<string, unknown> = {};
  circle['self'] = circle;
  const error: Error = new Error('round');
  error.cause = error;
  const line = parsed({ circle, error, big: 12n, call: () => 1 });
  assert.match(line.circle, /circular/);
  assert.match(line.error.message, /^round: round/);
  assert.equal(line.big, '12');
  assert.deepEqual(Object.keys(line), ['level', 'circle', 'error', 'big', 'msg']);
});

const module = new URL('./log.ts', import.meta.url).href;
const program = (text: string) => [
  '--input-type=module',
  '--eval',
  `import { createLogger } from ${JSON.stringify(module)}; ${text}`,
];

test('lines go to stderr by level, those before an exit too', () => {
  const text = `
    for (const verbosity of [0, 2]) {
      const log = createLogger('p', verbosity);
      for (const level of ['debug', 'info', 'warn', 'error']) log[level]({ verbosity }, 'said');
    }
    process.exit(0);`;
  const { stderr } = spawnSync(process.execPath, program(text), { encoding: 'utf8' });
  const levels = stderr
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .map(({ level, name, verbosity, msg }) => `${level} ${name} ${verbosity} ${msg}`);
  assert.deepEqual(levels, [
    ...['30 p 0 said', '40 p 0 said', '50 p 0 said'],
    ...['20 p 2 said', '30 p 2 said', '40 p 2 said', '50 p 2 said'],
  ]);
});

test('a pipe that is full is waited for; one that is closed ends nothing', async () => {
  // more than a pipe holds, before anybody reads
  const text = `
    const log = createLogger('p');
    process.stdout.write('go');
    for (let i = 0; i < 400; i++) log.info({ i, filled: 'x'.repeat(1000) }, 'said');
    process.stdout.write('done');`;
  const child = spawn(process.execPath, program(text), { stdio: ['ignore', 'pipe', 'pipe'] });
  await once(child.stdout, 'data');
  let read = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    read += chunk;
  });
  await once(child, 'close');
  assert.equal(read.split('\n').filter((line) => line.startsWith('{')).length, 400);

  const deaf = spawn(process.execPath, program(text), { stdio: ['ignore', 'pipe', 'pipe'] });
  deaf.stderr.destroy();
  let out = '';
  deaf.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    out += chunk;
  });
  const [code] = await once(deaf, 'close');
  assert.deepEqual([code, out], [0, 'godone']);
});
