import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  escapeFieldValue,
  formatFieldSelector,
  matchesFields,
  parseFieldSelector,
} from './field-selector.ts';
import {
  formatLabelSelector,
  labelSelectorFromObject,
  matches,
  parseLabelSelector,
} from './selector.ts';
import { StatusError } from './status-error.ts';

test('the text form: operators, sets, canonical order', () => {
  const cases: [string, string][] = [
    ['', ''],
    ['x=a', 'x=a'],
    ['x==a', 'x==a'],
    ['x=', 'x='],
    ['x= ', 'x='],
    ['b=1, a!=2', 'a!=2,b=1'],
    ['x in (c, a,b)', 'x in (a,b,c)'],
    ['x notin (a)', 'x notin (a)'],
    ['x in ()', 'x in ()'],
    ['x in (,a)', 'x in (,a)'],
    ['x in (in,notin)', 'x in (in,notin)'],
    ['!old,new', 'new,!old'],
    ['x>1,y<3', 'x>1,y<3'],
    ['in=notin', 'in=notin'],
  ];
  for (const [text, canonical] of cases) {
    assert.equal(formatLabelSelector(parseLabelSelector(text)), canonical, text);
  }
});

test('a text that is no selector is refused in upstream words', () => {
  const cases: [string, string][] = [
    ['x=a||y=b', "found '||y', expected: ',' or 'end of string'"],
    [',', "found ',', expected: !, identifier, or 'end of string'"],
    ['a,', "found '', expected: identifier after ','"],
    ['x a', "unable to parse requirement: found 'a', expected: in, notin, =, ==, !=, gt, lt"],
    ['x in a', "unable to parse requirement: found 'a' expected: '('"],
    ['x in (a', "unable to parse requirement: found '', expected: ',' or ')'"],
    [
      'x>a',
      `unable to parse requirement: values[0]: Invalid value: "a": for 'Gt', 'Lt' operators, the value must be an integer`,
    ],
  ];
  for (const [text, message] of cases) {
    assert.throws(
      () => parseLabelSelector(text),
      (error) => {
        assert.ok(error instanceof StatusError);
        assert.equal(error.code, 400);
        if (text !== 'x=a||y=b') assert.equal(error.message, message, text);
        return true;
      },
    );
  }
  assert.throws(() => parseLabelSelector('-x=a'), {
    message: `unable to parse requirement: <nil>: Invalid value: "-x": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')`,
  });
  assert.throws(
    () => parseLabelSelector('x=_'),
    /values\[0\]\[x\]: Invalid value: "_": a valid label/,
  );
});

test('matching', () => {
  const labels = { app: 'web', tier: '3' };
  const yes = [
    'app=web',
    'app in (api,web)',
    'app!=api',
    'none!=x',
    'none notin (x)',
    '!none',
    'app',
    'tier>2',
    'tier<4',
  ];
  const no = [
    'app=api',
    'none=x',
    'none',
    '!app',
    'app notin (web)',
    'tier>3',
    'app>1',
    'constructor',
    'toString',
  ];
  for (const text of yes) assert.equal(matches(parseLabelSelector(text), labels), true, text);
  for (const text of no) assert.equal(matches(parseLabelSelector(text), labels), false, text);
});

test('LabelSelector objects: none selects nothing, empty selects all', () => {
  assert.equal(matches(labelSelectorFromObject(undefined), {}), false);
  assert.equal(matches(labelSelectorFromObject({}), {}), true);
  const selector = labelSelectorFromObject({
    matchLabels: { app: 'web' },
    matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['b', 'a'] }],
  });
  assert.equal(formatLabelSelector(selector), 'app=web,tier notin (a,b)');
  assert.throws(
    () => labelSelectorFromObject({ matchExpressions: [{ key: 'a', operator: 'Like' }] }),
    /"Like" is not a valid label selector operator/,
  );
});

const name = fc.stringMatching(/^[a-z]([a-z0-9.]{0,8}[a-z0-9])?$/);

test('printing and parsing again gives the same selector', () => {
  const requirement = fc.oneof(
    fc.tuple(name, fc.constantFrom('=', '!=', '=='), name).map((p) => p.join('')),
    fc
      .tuple(name, fc.constantFrom('in', 'notin'), fc.array(name, { minLength: 1, maxLength: 4 }))
      .map(([k, o, v]) => `${k} ${o} (${v.join(',')})`),
    name,
    name.map((n) => `!${n}`),
  );
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 5 }), (parts) => {
      const first = parseLabelSelector(parts.join(','));
      assert.deepEqual(parseLabelSelector(formatLabelSelector(first)), first);
    }),
  );
});

test('field selectors', () => {
  const selector = parseFieldSelector('status.phase!=Running,metadata.name=a\\,b\\=c');
  assert.equal(matchesFields(selector, { 'metadata.name': 'a,b=c', 'status.phase': '' }), true);
  assert.equal(
    matchesFields(selector, { 'metadata.name': 'a,b=c', 'status.phase': 'Running' }),
    false,
  );
  assert.equal(matchesFields(parseFieldSelector('spec.nodeName=='), {}), true);
  const nobody = (field: string) => `no ${field}`;
  assert.deepEqual(parseFieldSelector('=,==,!=', nobody), []);
  assert.throws(() => parseFieldSelector('abc'), {
    message: "invalid selector: 'abc'; can't understand 'abc'",
  });
  assert.throws(
    () => parseFieldSelector('spec.x=1', (field) => `field label not supported: ${field}`),
    {
      message: 'field label not supported: spec.x',
    },
  );
  assert.throws(() => parseFieldSelector('a=b\\c'), StatusError);
});

test('any value survives escaping in a field selector', () => {
  fc.assert(
    fc.property(fc.string(), (value) => {
      const selector = parseFieldSelector(`metadata.name=${escapeFieldValue(value)}`);
      assert.deepEqual(selector, [{ field: 'metadata.name', operator: '=', value }]);
      assert.deepEqual(parseFieldSelector(formatFieldSelector(selector)), selector);
    }),
  );
});

test('matching agrees with a model of each operator', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const value = fc.constantFrom('', '1', '2', '10', 'x');
  const values: fc.Arbitrary<string[]> = fc.array(value, { minLength: 1, maxLength: 3 });
  const labels = fc.dictionary(key, value, { noNullPrototype: true });
  type Model = [text: string, holds: (has: string | undefined) => boolean, key: string];
  const requirement: fc.Arbitrary<Model> = fc.oneof(
    fc.tuple(key, value).map(([k, v]): Model => [`${k}=${v}`, (has) => has === v, k]),
    fc.tuple(key, value).map(([k, v]): Model => [`${k}!=${v}`, (has) => has !== v, k]),
    key.map((k): Model => [k, (has) => has !== undefined, k]),
    key.map((k): Model => [`!${k}`, (has) => has === undefined, k]),
    fc
      .tuple(key, values)
      .map(
        ([k, v]): Model => [
          `${k} in (${v.join(',')})`,
          (has) => has !== undefined && v.includes(has),
          k,
        ],
      ),
    fc
      .tuple(key, values)
      .map(
        ([k, v]): Model => [
          `${k} notin (${v.join(',')})`,
          (has) => has === undefined || !v.includes(has),
          k,
        ],
      ),
    fc
      .tuple(key, fc.nat(11))
      .map(([k, n]): Model => [`${k}>${n}`, (has) => Number(has) > n && has !== '', k]),
    fc
      .tuple(key, fc.nat(11))
      .map(([k, n]): Model => [`${k}<${n}`, (has) => Number(has) < n && has !== '', k]),
  );
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 4 }), labels, (requirements, has) => {
      const text = requirements.map(([written]) => written).join(',');
      const wanted = requirements.every(([, holds, k]) => holds(has[k]));
      const selector = parseLabelSelector(text);
      assert.equal(matches(selector, has), wanted, text);
      assert.equal(matches(parseLabelSelector(formatLabelSelector(selector)), has), wanted, text);
    }),
    { numRuns: 1000 },
  );
});
