import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileAdmission } from '../admission.ts';

/** What cel-go and upstream's admission compiler answer, recorded. */
const mistakes: readonly (readonly [expression: string, ...error: string[]])[] = [
  [
    'object.in == 1',
    "ERROR: <input>:1:8: Syntax error: no viable alternative at input '.in'",
    ' | object.in == 1',
    ' | .......^',
    "ERROR: <input>:1:11: Syntax error: extraneous input '==' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | object.in == 1',
    ' | ..........^',
  ],
  [
    '1 +',
    "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | 1 +',
    ' | ...^',
  ],
  ['(1', "ERROR: <input>:1:3: Syntax error: missing ')' at '<EOF>'", ' | (1', ' | ..^'],
  [
    '[1',
    "ERROR: <input>:1:3: Syntax error: mismatched input '<EOF>' expecting {']', ','}",
    ' | [1',
    ' | ..^',
  ],
  ["{'a' 1}", "ERROR: <input>:1:6: Syntax error: missing ':' at '1'", " | {'a' 1}", ' | .....^'],
  [
    'object..a',
    "ERROR: <input>:1:8: Syntax error: no viable alternative at input '..'",
    ' | object..a',
    ' | .......^',
  ],
  [
    '1 2',
    "ERROR: <input>:1:3: Syntax error: extraneous input '2' expecting <EOF>",
    ' | 1 2',
    ' | ..^',
  ],
  [
    ')',
    "ERROR: <input>:1:1: Syntax error: mismatched input ')' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | )',
    ' | ^',
  ],
  [
    '(1))',
    "ERROR: <input>:1:4: Syntax error: extraneous input ')' expecting <EOF>",
    ' | (1))',
    ' | ...^',
  ],
  [
    '1 == == 2',
    "ERROR: <input>:1:6: Syntax error: extraneous input '==' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | 1 == == 2',
    ' | .....^',
  ],
  [
    '&& true',
    "ERROR: <input>:1:1: Syntax error: extraneous input '&&' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | && true',
    ' | ^',
  ],
  [
    'a ? b',
    "ERROR: <input>:1:6: Syntax error: mismatched input '<EOF>' expecting ':'",
    ' | a ? b',
    ' | .....^',
  ],
  [
    "'abc",
    "ERROR: <input>:1:1: Syntax error: token recognition error at: ''abc'",
    " | 'abc",
    ' | ^',
    "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    " | 'abc",
    ' | ....^',
  ],
  [
    'a = 1',
    "ERROR: <input>:1:3: Syntax error: token recognition error at: '= '",
    ' | a = 1',
    ' | ..^',
    "ERROR: <input>:1:5: Syntax error: extraneous input '1' expecting <EOF>",
    ' | a = 1',
    ' | ....^',
  ],
  [
    'a & b',
    "ERROR: <input>:1:3: Syntax error: token recognition error at: '& '",
    ' | a & b',
    ' | ..^',
    "ERROR: <input>:1:5: Syntax error: extraneous input 'b' expecting <EOF>",
    ' | a & b',
    ' | ....^',
  ],
  [
    'a.b(',
    "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | a.b(',
    ' | ....^',
  ],
  [
    'f(,)',
    "ERROR: <input>:1:3: Syntax error: extraneous input ',' expecting {'[', '{', '(', ')', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | f(,)',
    ' | ..^',
  ],
  [
    '[1,,2]',
    "ERROR: <input>:1:4: Syntax error: mismatched input ',' expecting ']'",
    ' | [1,,2]',
    ' | ...^',
  ],
  [
    "{'a':1,,}",
    "ERROR: <input>:1:8: Syntax error: extraneous input ',' expecting '}'",
    " | {'a':1,,}",
    ' | .......^',
  ],
  [
    'a..b',
    "ERROR: <input>:1:3: Syntax error: no viable alternative at input '..'",
    ' | a..b',
    ' | ..^',
  ],
  [
    '@',
    "ERROR: <input>:1:1: Syntax error: token recognition error at: '@'",
    ' | @',
    ' | ^',
    "ERROR: <input>:1:2: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | @',
    ' | .^',
  ],
  [
    'a; b',
    "ERROR: <input>:1:2: Syntax error: token recognition error at: ';'",
    ' | a; b',
    ' | .^',
    "ERROR: <input>:1:4: Syntax error: extraneous input 'b' expecting <EOF>",
    ' | a; b',
    ' | ...^',
  ],
  [
    "'a' 'b'",
    "ERROR: <input>:1:5: Syntax error: extraneous input ''b'' expecting <EOF>",
    " | 'a' 'b'",
    ' | ....^',
  ],
  [
    'a[',
    "ERROR: <input>:1:3: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', '?', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | a[',
    ' | ..^',
  ],
  [
    'a and b',
    "ERROR: <input>:1:3: Syntax error: mismatched input 'and' expecting <EOF>",
    ' | a and b',
    ' | ..^',
  ],
  [
    'a === b',
    "ERROR: <input>:1:5: Syntax error: token recognition error at: '= '",
    ' | a === b',
    ' | ....^',
  ],
  [
    'Object{a: 1',
    "ERROR: <input>:1:12: Syntax error: mismatched input '<EOF>' expecting {'}', ','}",
    ' | Object{a: 1',
    ' | ...........^',
  ],
  [
    'has(a',
    'ERROR: <input>:1:5: invalid argument to has() macro',
    ' | has(a',
    ' | ....^',
    "ERROR: <input>:1:6: Syntax error: missing ')' at '<EOF>'",
    ' | has(a',
    ' | .....^',
  ],
  [
    'a.in',
    "ERROR: <input>:1:3: Syntax error: no viable alternative at input '.in'",
    ' | a.in',
    ' | ..^',
    "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>' expecting {'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER}",
    ' | a.in',
    ' | ....^',
  ],
  [
    'a.true',
    "ERROR: <input>:1:3: Syntax error: mismatched input 'true' expecting IDENTIFIER",
    ' | a.true',
    ' | ..^',
  ],
  [
    'a.?',
    "ERROR: <input>:1:4: Syntax error: mismatched input '<EOF>' expecting {IDENTIFIER, ESC_IDENTIFIER}",
    ' | a.?',
    ' | ...^',
    'ERROR: <input>:1:4: unsupported ident kind',
    ' | a.?',
    ' | ...^',
  ],
];

test("what cannot be read, in the words of upstream's parser", () => {
  for (const [expression, ...lines] of mistakes) {
    const { error } = compileAdmission(expression, { params: false, authorizer: true }, undefined);
    assert.equal(error, `compilation failed: ${lines.join('\n')}`, expression);
  }
});
