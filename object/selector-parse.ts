import { labelKeyErrors } from './name.ts';
import type { LabelOperator, LabelRequirement } from './selector.ts';
import { badRequest, StatusError } from './status-error.ts';

/** The text form of label selectors, token for token as upstream's lexer and parser see it. */

/** Makes a requirement of its parts, or throws what is wrong with them. */
export type MakeRequirement = (
  key: string,
  operator: LabelOperator,
  values: readonly string[],
) => LabelRequirement;

const operators = new Map<string, LabelOperator>([
  ['in', 'in'],
  ['=', '='],
  ['==', '=='],
  ['>', 'gt'],
  ['<', 'lt'],
  ['notin', 'notin'],
  ['!=', '!='],
]);
const symbols = new Set([')', ',', '!', '==', '=', '>', '<', '!=', '(']);
const special = '=!(),><';
const space = ' \t\r\n';

interface Token {
  /** `id`, `end`, `error`, or the symbol or keyword itself. */
  kind: string;
  text: string;
}

interface Cursor {
  readonly tokens: readonly Token[];
  at: number;
}

/**
 * The requirements of a selector's text, in their written order.
 * @throws StatusError 400 with upstream's text
 */
export function parseRequirements(text: string, make: MakeRequirement): LabelRequirement[] {
  const cursor: Cursor = { tokens: scan(text), at: 0 };
  const requirements: LabelRequirement[] = [];
  for (;;) {
    const token = peek(cursor);
    if (token.kind === 'end') break;
    if (token.kind !== 'id' && token.kind !== '!') {
      throw badRequest(`found '${token.text}', expected: !, identifier, or 'end of string'`);
    }
    requirements.push(wrapped(cursor, make));
    const after = next(cursor);
    if (after.kind === 'end') break;
    if (after.kind !== ',') {
      throw badRequest(`found '${after.text}', expected: ',' or 'end of string'`);
    }
    const following = peek(cursor);
    if (following.kind !== 'id' && following.kind !== '!') {
      throw badRequest(`found '${following.text}', expected: identifier after ','`);
    }
  }
  return requirements;
}

function wrapped(cursor: Cursor, make: MakeRequirement): LabelRequirement {
  try {
    return requirement(cursor, make);
  } catch (error) {
    if (!(error instanceof StatusError)) throw error;
    throw badRequest(`unable to parse requirement: ${error.message}`);
  }
}

function requirement(cursor: Cursor, make: MakeRequirement): LabelRequirement {
  let token = next(cursor);
  const negated = token.kind === '!';
  if (negated) token = next(cursor);
  if (token.kind !== 'id') throw badRequest(`found '${token.text}', expected: identifier`);
  const key = token.text;
  const errors = labelKeyErrors(key);
  // Upstream has no field path here and prints it as <nil>.
  if (errors.length > 0) {
    throw badRequest(`<nil>: Invalid value: ${JSON.stringify(key)}: ${errors.join('; ')}`);
  }
  const after = peek(cursor).kind;
  if (negated) return make(key, '!', []);
  if (after === 'end' || after === ',') return make(key, 'exists', []);
  const symbol = next(cursor, false);
  const operator = operators.get(symbol.kind);
  if (operator === undefined) {
    throw badRequest(`found '${symbol.text}', expected: in, notin, =, ==, !=, gt, lt`);
  }
  const values =
    operator === 'in' || operator === 'notin' ? valueList(cursor) : [exactValue(cursor)];
  return make(key, operator, values);
}

function exactValue(cursor: Cursor): string {
  const { kind } = peek(cursor);
  if (kind === 'end' || kind === ',') return '';
  const token = next(cursor);
  if (token.kind === 'id') return token.text;
  throw badRequest(`found '${token.text}', expected: identifier`);
}

function valueList(cursor: Cursor): string[] {
  const open = next(cursor);
  if (open.kind !== '(') throw badRequest(`found '${open.text}' expected: '('`);
  const first = peek(cursor);
  if (first.kind === ')') {
    next(cursor);
    return [''];
  }
  if (first.kind !== 'id' && first.kind !== ',') {
    throw badRequest(`found '${first.text}', expected: ',', ')' or identifier`);
  }
  const values = identifiers(cursor);
  next(cursor);
  return [...values].sort();
}

/** Stops before the closing parenthesis. Empty places between commas are the empty string. */
function identifiers(cursor: Cursor): Set<string> {
  const values = new Set<string>();
  for (;;) {
    const token = next(cursor);
    const after = peek(cursor);
    if (token.kind === 'id') {
      values.add(token.text);
      if (after.kind === ')') return values;
      if (after.kind !== ',') throw badRequest(`found '${after.text}', expected: ',' or ')'`);
    } else if (token.kind === ',') {
      if (values.size === 0 || after.kind === ')' || after.kind === ',') values.add('');
      if (after.kind === ')') return values;
    } else {
      throw badRequest(`found '${token.text}', expected: ',', or identifier`);
    }
  }
}

/** `in` and `notin` are plain identifiers but where an operator may stand. */
function asValue(token: Token): Token {
  return token.kind === 'in' || token.kind === 'notin' ? { kind: 'id', text: token.text } : token;
}

const end: Token = { kind: 'end', text: '' };

function peek(cursor: Cursor): Token {
  return asValue(cursor.tokens[cursor.at] ?? end);
}

function next(cursor: Cursor, identifier = true): Token {
  const token = cursor.tokens[cursor.at++] ?? end;
  return identifier ? asValue(token) : token;
}

function scan(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    const first = text.charAt(at);
    if (space.includes(first)) {
      at++;
    } else if (special.includes(first)) {
      at = scanSymbol(text, at, tokens);
    } else {
      while (
        at < text.length &&
        !special.includes(text.charAt(at)) &&
        !space.includes(text.charAt(at))
      )
        at++;
      const word = text.slice(start, at);
      tokens.push({ kind: word === 'in' || word === 'notin' ? word : 'id', text: word });
    }
  }
  tokens.push(end);
  return tokens;
}

/** The longest known symbol from `at`; returns where the next token begins. */
function scanSymbol(text: string, at: number, tokens: Token[]): number {
  const two = text.slice(at, at + 2);
  const symbol = two.length === 2 && symbols.has(two) ? two : text.charAt(at);
  tokens.push({ kind: symbol, text: symbol });
  return at + symbol.length;
}
