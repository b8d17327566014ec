import assert from 'node:assert/strict';
import { test } from 'node:test';
import { modulesOf, profileText, summarise } from './cpu-profile.ts';

function node(id: number, functionName: string, url = '', lineNumber = 0) {
  return { id, callFrame: { functionName, url, lineNumber } };
}

test('a profile is summed up by who was found running, without what was idle', () => {
  const nodes = [
    node(1, '(idle)'),
    node(2, '(garbage collector)'),
    node(3, 'writeBuffer'),
    node(4, '(program)'),
    node(5, 'encode', 'file:///dist/a.js', 7),
    node(6, '', 'file:///dist/a.js', 90),
  ];
  const samples = [1, 2, 3, 4, 5, 5, 6, 99];
  const timeDeltas = [5_000, 100, 200, 100, 300, 200, 100, 700];
  const source = (_url: string, line: number) => (line < 50 ? 'http2/a.ts' : 'object/b.ts');
  const summary = summarise({ nodes, samples, timeDeltas }, source);
  assert.deepEqual(summary, {
    busyMs: 1,
    garbage: 0.1,
    native: 0.3,
    folders: [
      { name: 'http2', share: 0.5 },
      { name: '(native)', share: 0.3 },
      { name: '(garbage)', share: 0.1 },
      { name: 'object', share: 0.1 },
    ],
    functions: [
      { name: 'encode, http2/a.ts', share: 0.5 },
      { name: 'writeBuffer, native', share: 0.2 },
      { name: '(garbage collector), native', share: 0.1 },
      { name: '(program), native', share: 0.1 },
      { name: '(anonymous), object/b.ts', share: 0.1 },
    ],
  });
  assert.match(profileText('get', summary), /^get: 1 ms, garbage 10.0%, native 30.0%\n/);
});

test('a bundle names its modules', () => {
  const bundle =
    'import a;\n\n// object/a.ts\nvar a;\n// why, not a file\n// node_modules/ws/b.js\nb;\n';
  assert.deepEqual(modulesOf(bundle), [
    { line: 2, file: 'object/a.ts' },
    { line: 5, file: 'node_modules/ws/b.js' },
  ]);
});
