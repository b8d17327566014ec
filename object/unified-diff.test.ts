import assert from 'node:assert/strict';
import { test } from 'node:test';
import { unifiedDiff } from './unified-diff.ts';

const lines = (count: number): string[] => Array.from({ length: count }, (_, i) => `line ${i}`);

test('changes with three lines around them', () => {
  const before = lines(30);
  const after = [...before];
  after[4] = 'other';
  after.splice(20, 0, 'new');
  assert.equal(
    unifiedDiff(before.join('\n'), after.join('\n')),
    `@@ -2,7 +2,7 @@
 line 1
 line 2
 line 3
-line 4
+other
 line 5
 line 6
 line 7
@@ -18,6 +18,7 @@
 line 17
 line 18
 line 19
+new
 line 20
 line 21
 line 22
`,
  );
});

test('what is near is told together, and the ends are lines as well', () => {
  assert.equal(unifiedDiff('a\nb\nc', 'a\nc\nd'), '@@ -1,3 +1,3 @@\n a\n-b\n c\n+d\n');
  assert.equal(unifiedDiff('a', 'b'), '@@ -1 +1 @@\n-a\n+b\n');
  assert.equal(unifiedDiff('a\nb', 'a\nb'), '');
});

test('in long texts lines that come often are no anchors', () => {
  const before = lines(100).flatMap((line) => [line, 'same', 'same']);
  const after = ['same', ...before];
  assert.equal(
    unifiedDiff(before.join('\n'), after.join('\n')),
    '@@ -1,3 +1,4 @@\n+same\n line 0\n same\n same\n',
  );
});
