import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileAdmission } from '../admission.ts';

/** What cel-go and upstream's admission compiler answer, recorded. */
const mistakes: readonly (readonly [expression: string, ...error: string[]])[] = [
  [
    "1 + 'a'",
    "ERROR: <input>:1:3: found no matching overload for '_+_' applied to '(int, string)'",
    " | 1 + 'a'",
    ' | ..^',
  ],
  [
    "'a' + 1 + true",
    "ERROR: <input>:1:5: found no matching overload for '_+_' applied to '(string, int)'",
    " | 'a' + 1 + true",
    ' | ....^',
    "ERROR: <input>:1:9: found no matching overload for '_+_' applied to '(!error!, bool)'",
    " | 'a' + 1 + true",
    ' | ........^',
  ],
  [
    'true && 1',
    "ERROR: <input>:1:9: expected type 'bool' but found 'int'",
    ' | true && 1',
    ' | ........^',
  ],
  ['foo', "ERROR: <input>:1:1: undeclared reference to 'foo' (in container '')", ' | foo', ' | ^'],
  ['request.foo', "ERROR: <input>:1:8: undefined field 'foo'", ' | request.foo', ' | .......^'],
  [
    "request.userInfo.groups.exists(g, g == 'a') && request.kind.kinds == 'a'",
    "ERROR: <input>:1:60: undefined field 'kinds'",
    " | request.userInfo.groups.exists(g, g == 'a') && request.kind.kinds == 'a'",
    ' | ...........................................................^',
  ],
  [
    "namespaceObject.metadata.labels['a'] + 1 > 2",
    "ERROR: <input>:1:38: found no matching overload for '_+_' applied to '(string, int)'",
    " | namespaceObject.metadata.labels['a'] + 1 > 2",
    ' | .....................................^',
  ],
  [
    "'%d'.format(['a'])",
    'ERROR: <input>:1:14: error during formatting: decimal clause can only be used on integers, was given string',
    " | '%d'.format(['a'])",
    ' | .............^',
  ],
  [
    "'%s %s'.format([1])",
    'ERROR: <input>:1:15: index 1 out of range',
    " | '%s %s'.format([1])",
    ' | ..............^',
  ],
  [
    "'%s'.format([1, 2])",
    'ERROR: <input>:1:12: too many arguments supplied to string.format (expected 1, got 2)',
    " | '%s'.format([1, 2])",
    ' | ...........^',
  ],
  [
    "'%z'.format([1])",
    'ERROR: <input>:1:12: could not parse formatting clause: unrecognized formatting clause "z"',
    " | '%z'.format([1])",
    ' | ...........^',
  ],
  [
    "'%'.format([1])",
    'ERROR: <input>:1:11: unexpected end of string',
    " | '%'.format([1])",
    ' | ..........^',
  ],
  [
    "'%.s'.format([1])",
    'ERROR: <input>:1:13: could not parse formatting clause: error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
    " | '%.s'.format([1])",
    ' | ............^',
  ],
  [
    "'%s'.format([[1, optional.of(1)]])",
    'ERROR: <input>:1:29: error during formatting: string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given optional_type',
    " | '%s'.format([[1, optional.of(1)]])",
    ' | ............................^',
  ],
  [
    "'%X'.format([1.5])",
    'ERROR: <input>:1:14: error during formatting: only integers, byte buffers, and strings can be formatted as hex, was given double',
    " | '%X'.format([1.5])",
    ' | .............^',
  ],
  [
    "'%f'.format([1])",
    'ERROR: <input>:1:14: error during formatting: fixed-point clause can only be used on doubles, was given int',
    " | '%f'.format([1])",
    ' | .............^',
  ],
  [
    "timestamp(253402300800) == timestamp('12345')",
    'ERROR: <input>:1:11: invalid timestamp argument',
    " | timestamp(253402300800) == timestamp('12345')",
    ' | ..........^',
    'ERROR: <input>:1:38: invalid timestamp argument',
    " | timestamp(253402300800) == timestamp('12345')",
    ' | .....................................^',
  ],
  [
    'namespaceObject.metadata.name == null',
    "ERROR: <input>:1:31: found no matching overload for '_==_' applied to '(string, null)'",
    ' | namespaceObject.metadata.name == null',
    ' | ..............................^',
  ],
  [
    'has(object)',
    'ERROR: <input>:1:5: invalid argument to has() macro',
    ' | has(object)',
    ' | ....^',
  ],
  [
    'has(request.foo)',
    "ERROR: <input>:1:4: undefined field 'foo'",
    ' | has(request.foo)',
    ' | ...^',
  ],
  [
    ".matches('a')",
    "ERROR: <input>:1:9: found no matching overload for 'matches' applied to '(string)'",
    " | .matches('a')",
    ' | ........^',
  ],
  [
    "'abc'.reverse() == 'cba'",
    "ERROR: <input>:1:14: found no matching overload for 'reverse' applied to 'string.()'",
    " | 'abc'.reverse() == 'cba'",
    ' | .............^',
  ],
  [
    "[1, 'a']",
    "ERROR: <input>:1:5: expected type 'int' but found 'string'",
    " | [1, 'a']",
    ' | ....^',
  ],
  [
    "{'a': 1, 2: 'b'} == {}",
    "ERROR: <input>:1:10: expected type 'string' but found 'int'",
    " | {'a': 1, 2: 'b'} == {}",
    ' | .........^',
    "ERROR: <input>:1:13: expected type 'int' but found 'string'",
    " | {'a': 1, 2: 'b'} == {}",
    ' | ............^',
  ],
  [
    "[1,2].map(x, x + 'a') == []",
    "ERROR: <input>:1:16: found no matching overload for '_+_' applied to '(int, string)'",
    " | [1,2].map(x, x + 'a') == []",
    ' | ...............^',
  ],
  [
    '[1,2].all(x.y, true)',
    'ERROR: <input>:1:12: argument must be a simple name',
    ' | [1,2].all(x.y, true)',
    ' | ...........^',
  ],
  [
    '[1,2].all(x, x, true)',
    'ERROR: <input>:1:14: duplicate variable name: x',
    ' | [1,2].all(x, x, true)',
    ' | .............^',
  ],
  [
    "{'a': 1}.transformMap(k, v, v + 'a') == {'a': 2}",
    "ERROR: <input>:1:31: found no matching overload for '_+_' applied to '(int, string)'",
    " | {'a': 1}.transformMap(k, v, v + 'a') == {'a': 2}",
    ' | ..............................^',
  ],
  [
    '1.all(x, x)',
    "ERROR: <input>:1:1: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)",
    ' | 1.all(x, x)',
    ' | ^',
  ],
  [
    "duration('1h') > duration('1x')",
    'ERROR: <input>:1:27: invalid duration argument',
    " | duration('1h') > duration('1x')",
    ' | ..........................^',
  ],
  [
    "'a'.matches('[')",
    'ERROR: <input>:1:13: invalid matches argument',
    " | 'a'.matches('[')",
    ' | ............^',
  ],
  [
    "'a'.find('[') == ''",
    '!program instantiation failed: error parsing regexp: missing closing ]: `[`',
  ],
  ["int('a') == 1", "!program instantiation failed: type conversion error from 'string' to 'int'"],
  [
    '1 ? 2 : 3',
    "ERROR: <input>:1:3: found no matching overload for '_?_:_' applied to '(int, int, int)'",
    ' | 1 ? 2 : 3',
    ' | ..^',
  ],
  [
    "quantity('1').isGreaterThan('2')",
    "ERROR: <input>:1:28: found no matching overload for 'isGreaterThan' applied to 'kubernetes.Quantity.(string)'",
    " | quantity('1').isGreaterThan('2')",
    ' | ...........................^',
  ],
  [
    "quantity('1').foo",
    "ERROR: <input>:1:14: unexpected failed resolution of 'kubernetes.Quantity'",
    " | quantity('1').foo",
    ' | .............^',
  ],
  [
    "sets.contains([1], ['a'])",
    "ERROR: <input>:1:14: found no matching overload for 'sets.contains' applied to '(list(int), list(string))'",
    " | sets.contains([1], ['a'])",
    ' | .............^',
  ],
  [
    'optional.of(1) == 1',
    "ERROR: <input>:1:16: found no matching overload for '_==_' applied to '(optional_type(int), int)'",
    ' | optional.of(1) == 1',
    ' | ...............^',
  ],
  [
    "request.?foo.orValue('') == ''",
    "ERROR: <input>:1:8: undefined field 'foo'",
    " | request.?foo.orValue('') == ''",
    ' | .......^',
  ],
  [
    "[{'a': 1}].sort() == []",
    "ERROR: <input>:1:16: found no matching overload for 'sort' applied to 'list(map(string, int)).()'",
    " | [{'a': 1}].sort() == []",
    ' | ...............^',
  ],
  [
    "'%s'.format(1) == '1'",
    "ERROR: <input>:1:12: found no matching overload for 'format' applied to 'string.(int)'",
    " | '%s'.format(1) == '1'",
    ' | ...........^',
  ],
  [
    "authorizer.requestResource.foo('get').allowed()",
    "ERROR: <input>:1:31: undeclared reference to 'foo' (in container '')",
    " | authorizer.requestResource.foo('get').allowed()",
    ' | ..............................^',
  ],
  [
    'authorizer.foo',
    "ERROR: <input>:1:11: unexpected failed resolution of 'kubernetes.authorization.Authorizer'",
    ' | authorizer.foo',
    ' | ..........^',
  ],
  [
    'variables.x == 1',
    "ERROR: <input>:1:1: undeclared reference to 'variables' (in container '')",
    ' | variables.x == 1',
    ' | ^',
  ],
  [
    "'é' + 1 == 'a'",
    "ERROR: <input>:1:5: found no matching overload for '_+_' applied to '(string, int)'",
    " | 'é' + 1 == 'a'",
    ' | .．..^',
  ],
  [
    '99999999999999999999',
    'ERROR: <input>:1:1: invalid int literal',
    ' | 99999999999999999999',
    ' | ^',
  ],
  ['package.a', 'ERROR: <input>:1:1: reserved identifier: package', ' | package.a', ' | ^'],
  [
    'Object{}',
    "ERROR: <input>:1:7: undeclared reference to 'Object' (in container '')",
    ' | Object{}',
    ' | ......^',
  ],
  [
    'int{a: 1}',
    "ERROR: <input>:1:4: 'int' is not a message type",
    ' | int{a: 1}',
    ' | ...^',
    "ERROR: <input>:1:6: undefined field 'a'",
    ' | int{a: 1}',
    ' | .....^',
  ],
];

test('all that is wrong with an expression, as upstream tells it', () => {
  for (const [expression, ...lines] of mistakes) {
    const { error } = compileAdmission(expression, { params: false, authorizer: true }, undefined);
    const text = lines.join('\n');
    const expected = text.startsWith('!') ? text.slice(1) : `compilation failed: ${text}`;
    assert.equal(error, expected, expression);
  }
});

test('the type of a result is known as exactly as upstream knows it', () => {
  const types = {
    'object.a': 'dyn',
    'request.userInfo.extra': 'map(string, list(string))',
    'request.userInfo.groups.map(g, g.size())': 'list(int)',
    'object.?a.optMap(x, x)': 'optional_type(dyn)',
    "{'a': 1}.transformMap(k, v, v + 1)": 'map(string, int)',
    "timestamp('2020-01-01T00:00:00Z')": 'google.protobuf.Timestamp',
    "[duration('1h')]": 'list(google.protobuf.Duration)',
    "quantity('1')": 'kubernetes.Quantity',
    "format.named('uri')": 'optional_type(kubernetes.NamedFormat)',
    null: 'null_type',
    'type(1)': 'type(int)',
    'object.a == 1 ? object : 1': 'dyn',
    '[]': 'list(dyn)',
  };
  for (const [expression, type] of Object.entries(types)) {
    const { program } = compileAdmission(
      expression,
      { params: false, authorizer: true },
      undefined,
    );
    assert.equal(program?.resultType, type, expression);
  }
});

test('results of another type than is asked for are refused', () => {
  const of = (expression: string) =>
    compileAdmission(expression, { params: true, authorizer: false }, 'bool').error;
  assert.equal(of('params.ok'), 'must evaluate to bool but got dyn');
  assert.equal(of("'x'"), 'must evaluate to bool but got string');
  assert.equal(of('params.ok == true'), undefined);
});
