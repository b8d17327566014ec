import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, parseTranscript, type Outcome } from './transcript.ts';

function differs(text: string, outcome: Partial<Outcome>): boolean {
  const [step] = parseTranscript(text);
  assert.ok(step);
  return compare(step, { stdout: '', stderr: '', code: 0, ...outcome }).length > 0;
}

test('words, stdin and continued lines', () => {
  const [step] = parseTranscript(`
    $ kubectl get pods -o jsonpath='{.a} "b"' \\
      --selector "a b" -f - < file.json
  `);
  assert.deepEqual(step?.words, [
    ...['kubectl', 'get', 'pods', '-o', 'jsonpath={.a} "b"'],
    ...['--selector', 'a b', '-f', '-'],
  ]);
  assert.equal(step?.stdin, 'file.json');
});

test('what was printed and how it ended must be as written', () => {
  const text = `
    $ kubectl get pods
    NAME   AGE
    a      {age}
    ! Warning: {*} is old
  `;
  const stdout = 'NAME    AGE\na \t2m3s\n';
  const stderr = 'Warning: a is old\n';
  assert.equal(differs(text, { stdout, stderr }), false);
  assert.equal(differs(text, { stdout, stderr, code: 1 }), true);
  assert.equal(differs(text, { stdout }), true);
  assert.equal(differs(text, { stdout: 'NAME AGE\na  2m3s\n', stderr }), true);
  assert.equal(differs(text, { stdout: `${stdout}b  1s\n`, stderr }), true);
  assert.equal(differs(text, { stdout: stdout.replace('2m3s', 'old'), stderr }), true);
});

test('three dots stand for any lines, and for no part of one', () => {
  const text = '$ c\na\n...\nz';
  assert.equal(differs(text, { stdout: 'a\nz\n' }), false);
  assert.equal(differs(text, { stdout: 'a\nb\nc\nz\n' }), false);
  assert.equal(differs(text, { stdout: 'a\nbz\n' }), true);
  assert.equal(differs('$ c\n= 3', { code: 3 }), false);
});
