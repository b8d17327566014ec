import type { Mistake } from './expression.ts';

/** An expression as words. Source: cel-go parser/gen/CEL.g4. */
export interface Token {
  /** Itself for signs and keywords, otherwise the class as the grammar calls it. */
  kind: string;
  text: string;
  at: number;
}

export const end = '<EOF>';

/** Others make no text. */
const escape = String.raw`\\(?:[abfnrtv"'\\?\x60]|[xX][\da-fA-F]{2}|u[\da-fA-F]{4}|U[\da-fA-F]{8}|[0-3][0-7]{2})`;
const text = [`"""(?:${escape}|[^\\\\])*?"""`, `'''(?:${escape}|[^\\\\])*?'''`]
  .concat(`"(?:${escape}|[^\\\\"\n\r])*"`, `'(?:${escape}|[^\\\\'\n\r])*'`)
  .join('|');
const rawText = String.raw`[rR](?:"""[^]*?"""|'''[^]*?'''|"[^"\n\r]*"|'[^'\n\r]*')`;

const classes: readonly (readonly [kind: string, pattern: RegExp])[] = [
  ['', /[\t \r\n\f]+|\/\/[^\n]*/y],
  ['NUM_FLOAT', /(?:\d+\.\d+(?:[eE][+-]?\d+)?|\d+[eE][+-]?\d+|\.\d+(?:[eE][+-]?\d+)?)/y],
  ['NUM_UINT', /(?:0x[\da-fA-F]+|\d+)[uU]/y],
  ['NUM_INT', /0x[\da-fA-F]+|\d+/y],
  ['BYTES', new RegExp(`[bB](?:${rawText}|${text})`, 'y')],
  ['STRING', new RegExp(`${rawText}|${text}`, 'y')],
  ['ESC_IDENTIFIER', /`[\w.\-/ ]+`/y],
  ['IDENTIFIER', /[A-Za-z_]\w*/y],
  ['sign', /==|!=|<=|>=|&&|\|\||[<>[\]{}().,\-!?:+*/%]/y],
];

const keywords = new Set(['in', 'true', 'false', 'null']);

export function tokensOf(expression: string, mistakes: Mistake[]): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < expression.length) {
    const token = tokenAt(expression, at);
    if (token === undefined) {
      const bad = unreadable(expression, at);
      mistakes.push({ at, why: `Syntax error: token recognition error at: '${escaped(bad)}'` });
      at += bad.length;
      continue;
    }
    at += token.text.length;
    if (token.kind !== '') tokens.push(token);
  }
  tokens.push({ kind: end, text: end, at: expression.length });
  return tokens;
}

function tokenAt(expression: string, at: number): Token | undefined {
  for (const [kind, pattern] of classes) {
    pattern.lastIndex = at;
    const text = pattern.exec(expression)?.[0];
    if (text === undefined) continue;
    if (kind === 'sign' || (kind === 'IDENTIFIER' && keywords.has(text))) {
      return { kind: text, text, at };
    }
    return { kind, text, at };
  }
  return undefined;
}

/** What the reader swallows before it gives up: an unclosed text as far as it may go, or one letter. */
function unreadable(expression: string, at: number): string {
  const rest = expression.slice(at);
  const open = /^(?:[rR]|[bB][rR]?)?("""|'''|"|')/.exec(rest);
  if (open !== null) {
    const [start, quote = ''] = open;
    if (quote.length === 3) return rest;
    const raw = /[rR]/.test(start);
    const inside = raw ? '[^\n\r]*' : `(?:${escape}|[^\\\\\n\r])*\\\\?`;
    const taken = new RegExp(`^${inside}`).exec(rest.slice(start.length))?.[0] ?? '';
    return rest.slice(0, start.length + taken.length + 1);
  }
  if (rest.startsWith('`')) return /^`[\w.\-/ ]*[^]?/.exec(rest)?.[0] ?? '`';
  const [letter = ''] = rest;
  return /^[=&|]/.test(letter) ? rest.slice(0, 2) : ([...rest.slice(0, 2)][0] ?? letter);
}

/** As the grammar's runtime prints what a message quotes. */
export function escaped(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll('\r', '\\r').replaceAll('\t', '\\t');
}
