import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkLinks, checkNames, checkRequestMap, checkWhitespace } from './tidy.ts';

test('names that say nothing are refused wherever they stand in a path', () => {
  const files = [
    'a/utils/x.ts',
    'b/helpers.ts',
    'c/index.ts',
    'd/type-checker.ts',
    'e/camelCase.ts',
  ];
  assert.deepEqual(
    checkNames(files).map((c) => c.split(':')[0]),
    ['a/utils/x.ts', 'b/helpers.ts', 'c/index.ts', 'e/camelCase.ts'],
  );
});

test('whitespace at the end of a line and a missing last newline are found', () => {
  assert.deepEqual(checkWhitespace('f', 'a \nb'), [
    'f:1: trailing whitespace',
    'f: no newline at its end',
  ]);
  assert.deepEqual(checkWhitespace('f', ''), []);
});

test('links are resolved from the file; anchors and addresses are left alone', () => {
  const text = '[a](../x.ts#L3) [b](gone.md) [c](https://kubernetes.io) [d](#here)';
  const complaints = checkLinks('docs/flow.md', text, (path) => path === 'x.ts');
  assert.deepEqual(complaints, ['docs/flow.md: the link gone.md leads nowhere']);
});

test('the request map must name every stage in the order of the pipeline', () => {
  const pipeline = '    stages.describe,\n    stages.flowControl,\n    stages.route,\n';
  const map = (order: string) => `# Quorate\nroute\n## A request\n${order}\n`;
  assert.deepEqual(checkRequestMap(pipeline, map('describe → flow control → route')), []);
  assert.equal(checkRequestMap(pipeline, map('flow control → describe → route')).length, 1);
  assert.equal(checkRequestMap(pipeline, map('describe → route')).length, 1);
});
