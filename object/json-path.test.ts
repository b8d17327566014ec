import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileJsonPath } from './json-path.ts';

const object = {
  metadata: { labels: { 'app.kubernetes.io/name': 'web' }, k: { x: 'dotted' } },
  spec: { ports: [{ port: 80 }, { port: 443 }], none: [], nothing: null, a: true, text: 'hi' },
  status: {
    conditions: [
      { type: 'Ready', status: 'True', weight: 2 },
      { type: 'Synced', status: 'False', weight: 1 },
      { type: 'a)b', status: 'Odd' },
    ],
  },
};

test('JSONPath of printer columns', () => {
  const cases: [string, unknown[]][] = [
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='Synced')].status", ['False']],
    ['.status.conditions[?(@.type == "a)b")].status', ['Odd']],
    ['.status.conditions[?(@.type=="\\u0052eady")].status', ['True']],
    ['.status.conditions[?(@.weight>1)].type', ['Ready']],
    ['.status.conditions[?(@.weight<=1)].type', ['Synced']],
    ['.status.conditions[?(@.weight)].type', ['Ready', 'Synced']],
    ['.spec.ports[*].port', [80, 443]],
    ['.spec.ports.*.port', [80, 443]],
    ['.spec.ports[0].port', [80]],
    ['.spec.ports[-1].port', [443]],
    ['.spec.ports[0:2].port', [80, 443]],
    ['.spec.ports[:1].port', [80]],
    ['.spec.ports[::2].port', [80]],
    ['.spec.ports[1,0].port', [443, 80]],
    [".spec['text','a']", ['hi', true]],
    ['.spec.none[*]', []],
    ['.spec.nothing[0]', []],
    ['..port', [80, 443]],
    ['.spec..port', [80, 443]],
    ['.metadata.labels.app\\.kubernetes\\.io/name', ['web']],
    [".metadata.labels['app\\.kubernetes\\.io/name']", ['web']],
    [".metadata['k.x']", ['dotted']],
    ['.spec.absent.deeper', []],
    ['.spec.', []],
    ['.', []],
    ['.spec.a} and {.spec.b', [true]],
    ['.metadata.constructor', []],
  ];
  for (const [path, found] of cases) assert.deepEqual(compileJsonPath(path)(object), found, path);
});

test('what a path does not find in an object of another form', () => {
  const cases: [string, RegExp][] = [
    ['.spec.ports[2].port', /out of bounds/],
    ['.spec.ports[1:0]', /out of bounds/],
    ['.spec[0]', /not a list/],
    ['.spec[?(@.x)]', /not a list/],
    ['.status.conditions[?(@.weight=="1")]', /incompatible types/],
    ['.status.conditions[?(@.weight>0.5)]', /incompatible types/],
    ['.status.conditions[?(@.type=Ready)]', /unrecognized identifier Ready/],
    ['.spec.ports[0:2:0]', /step/],
    ['.spec.a} {.spec[0]', /not a list/],
  ];
  for (const [path, problem] of cases) {
    const find = compileJsonPath(path);
    assert.throws(() => find(object), problem, path);
  }
});

test('what is no JSONPath', () => {
  const cases: [string, RegExp][] = [
    ['.a[(@.length)]', /invalid array index/],
    ['.a["b"]', /invalid array index/],
    ['.a[-]', /not a number/],
    ['.a[0', /unterminated array/],
    ['.a[?(@.b=="c]', /unterminated filter/],
    ['.a[?(@.b)', /unclosed array/],
    ['.a[?(@.b=="\\q")]', /unquote/],
    ['.a....b', /multiple recursive/],
    ['.a{.b', /unrecognized character/],
    ['.a\n', /unclosed action/],
    ['.a 1.2.3', /cannot parse number/],
    [".a 'b", /unterminated quoted/],
  ];
  for (const [path, problem] of cases) assert.throws(() => compileJsonPath(path), problem, path);
});
