import type { Mistake } from './expression.ts';
import { end, escaped, type Token, tokensOf } from './tokens.ts';

/** Tokens that may begin an expression, in the order in which messages list them. */
const beginnings =
  "'[', '{', '(', '.', '-', '!', 'true', 'false', 'null', NUM_FLOAT, NUM_INT, NUM_UINT, STRING, BYTES, IDENTIFIER";
const begins = new Set(beginnings.split(', ').map((kind) => kind.replaceAll("'", '')));
/** What may follow a member. */
const continuations =
  "'==', '!=', 'in', '<', '<=', '>=', '>', '&&', '||', '[', '{', '(', '.', '-', '?', '+', '*', '/', '%'";

/** Nothing can be read any more. */
export class SyntaxError extends Error {}

/** The words of an expression, one after the other, and what upstream's reader says of those that do not fit. */
export class Cursor {
  readonly #tokens: readonly Token[];
  readonly #mistakes: Mistake[];
  next = 0;
  /** Brackets that wait for their end. */
  open = 0;

  constructor(expression: string, mistakes: Mistake[]) {
    this.#tokens = tokensOf(expression, mistakes);
    this.#mistakes = mistakes;
  }

  token(ahead = 0): Token {
    return this.#tokens[Math.min(this.next + ahead, this.#tokens.length - 1)] as Token;
  }

  take(kind: string): Token | undefined {
    const token = this.token();
    if (token.kind !== kind) return undefined;
    this.next++;
    return token;
  }

  expect(kind: string, expecting = quoted(kind)): Token {
    const token = this.take(kind);
    if (token !== undefined) return token;
    if (kind === ':' && begins.has(this.token().kind)) return this.missing(kind);
    return this.surplus(kind, expecting);
  }

  /** What follows is as if it were there: read on. */
  missing(kind: string): Token {
    const token = this.token();
    this.complain(token, `missing '${kind}' at '${escaped(token.text)}'`);
    return token;
  }

  /** One token too many, one that is missing, or another than expected. */
  surplus(kind: string, expecting = quoted(kind)): Token {
    const token = this.token();
    if (this.token(1).kind === kind && token.kind !== end) {
      this.complain(token, `extraneous input '${escaped(token.text)}' expecting ${expecting}`);
      this.next++;
      return this.take(kind) as Token;
    }
    return this.fail(token, `mismatched input '${escaped(token.text)}' expecting ${expecting}`);
  }

  complain({ at }: Token, why: string): void {
    this.#mistakes.push({ at, why: `Syntax error: ${why}` });
  }

  fail(token: Token, why: string): never {
    this.complain(token, why);
    throw new SyntaxError();
  }

  /** The end of what a bracket opened, which may be all that is missing at the end of the text. */
  close(kind: string, more = false): void {
    this.open--;
    if (this.take(kind) !== undefined) return;
    const token = this.token();
    if (token.kind === end && more) {
      this.fail(token, `mismatched input '${end}' expecting {'${kind}', ','}`);
    }
    if (token.kind === end && this.open === 0) this.missing(kind);
    else if (kind === ')') this.surplus(kind, `{${continuations}}`);
    else this.surplus(kind);
  }

  /** An expression begins here, where something else might be, too: messages list both. */
  begin(listed: string, instead: string): void {
    const token = this.token();
    if (!begins.has(token.kind)) this.noExpression(token, beginnings.replace(instead, listed), ')');
  }

  noExpression(token: Token, expecting = beginnings, orElse = ''): void {
    const { kind } = this.token(1);
    const word = `input '${escaped(token.text)}' expecting {${expecting}}`;
    if (token.kind === end || !(begins.has(kind) || kind === orElse)) {
      this.fail(token, `mismatched ${word}`);
    }
    this.complain(token, `extraneous ${word}`);
    if (kind === orElse) throw new SyntaxError();
    this.next++;
  }

  /** What stands between brackets; one comma may come last, even alone. */
  separated(close: string, one: () => void): void {
    this.open++;
    let more = this.take(',') === undefined;
    if (!more || this.token().kind === close) return this.close(close);
    do {
      one();
      more = this.take(',') !== undefined;
    } while (more && ![close, end, ','].includes(this.token().kind));
    this.close(close, !more);
  }
}

function quoted(kind: string): string {
  return kind === end || /^[A-Z]/.test(kind) ? kind : `'${kind}'`;
}
