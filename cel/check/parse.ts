import { Cursor, SyntaxError } from './cursor.ts';
import type { Call, Expression, List, MapLiteral, Mistake, StructLiteral } from './expression.ts';
import { expand } from './macros.ts';
import { literalOf, reserved } from './literals.ts';
import { end, escaped, type Token } from './tokens.ts';
import { bool, nullType, string } from './cel-type.ts';

/**
 * Reads an expression (cel-go parser/parser.go). The first syntax error ends the reading; names and
 * literals that cannot be are told all. `bind`: whether `cel.bind` may be written.
 */
export function parse(expression: string, bind = false): { tree: Expression; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  return { tree: new Parser(expression, mistakes, bind).whole(), mistakes };
}

const nullAt = (at: number): Expression => ({ kind: 'literal', at, type: nullType, value: null });

/** The weakest first. */
const strengths = [
  ['||'],
  ['&&'],
  ['<', '<=', '>=', '>', '==', '!=', 'in'],
  ['+', '-'],
  ['*', '/', '%'],
];
/** Deeper ones are refused, as upstream's parser does. */
const depthMax = 250;

const call = (at: number, name: string, args: Expression[]): Call => ({
  kind: 'call',
  at,
  name,
  args,
});

class Parser {
  readonly #at: Cursor;
  readonly #mistakes: Mistake[];
  readonly #bind: boolean;
  #depth = 0;

  constructor(expression: string, mistakes: Mistake[], bind: boolean) {
    this.#at = new Cursor(expression, mistakes);
    this.#mistakes = mistakes;
    this.#bind = bind;
  }

  whole(): Expression {
    try {
      const tree = this.#expression();
      const { kind } = this.#at.token();
      if (kind !== end) this.#at.surplus(end);
      return tree;
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      return nullAt(0);
    }
  }

  #wrong(at: number, why: string): Expression {
    this.#mistakes.push({ at, why });
    return nullAt(at);
  }

  #expression(): Expression {
    if (++this.#depth > depthMax) {
      this.#mistakes.push({
        at: -1,
        why: `Internal error: expression recursion limit exceeded: ${depthMax}`,
      });
      throw new SyntaxError();
    }
    const condition = this.#chain(0);
    const mark = this.#at.take('?');
    this.#depth--;
    if (mark === undefined) return condition;
    const yes = this.#chain(0);
    this.#at.expect(':');
    return call(mark.at, '_?_:_', [condition, yes, this.#expression()]);
  }

  /** Operators of one strength, the stronger ones inside. */
  #chain(level: number): Expression {
    const signs = strengths[level];
    if (signs === undefined) return this.#unary();
    let left = this.#chain(level + 1);
    while (signs.includes(this.#at.token().kind)) {
      const { kind, at } = this.#at.token();
      this.#at.next++;
      const name = kind === 'in' ? '@in' : `_${kind}_`;
      left = call(at, name, [left, this.#chain(level + 1)]);
    }
    return left;
  }

  #unary(): Expression {
    const first = this.#at.token();
    const number = ['NUM_INT', 'NUM_FLOAT'].includes(this.#at.token(1).kind);
    if (first.kind !== '!' && (first.kind !== '-' || number)) return this.#member();
    let count = 0;
    while (this.#at.take(first.kind) !== undefined) count++;
    const operand = this.#member();
    if (count % 2 === 0) return operand;
    return call(first.at, first.kind === '!' ? '!_' : '-_', [operand]);
  }

  #member(): Expression {
    let operand = this.#primary();
    for (;;) {
      const bracket = this.#at.take('[');
      if (bracket !== undefined) {
        this.#at.open++;
        const name = this.#at.take('?') === undefined ? '_[_]' : '_[?_]';
        if (name === '_[_]') this.#at.begin("'!', '?'", "'!'");
        const index = this.#expression();
        this.#at.close(']');
        operand = call(bracket.at, name, [operand, index]);
        continue;
      }
      const dot = this.#at.take('.');
      if (dot === undefined) return operand;
      operand = this.#selected(operand, dot);
    }
  }

  #selected(operand: Expression, dot: Token): Expression {
    const optional = this.#at.take('?') !== undefined;
    const name = this.#at.token();
    if (name.kind !== 'IDENTIFIER' && name.kind !== 'ESC_IDENTIFIER') {
      this.#noField(dot, name, optional);
      return operand;
    }
    this.#at.next++;
    const field = name.kind === 'IDENTIFIER' ? name.text : name.text.slice(1, -1);
    if (optional) {
      const text: Expression = { kind: 'literal', at: name.at, type: string, value: field };
      return call(dot.at, '_?._', [operand, text]);
    }
    const open = name.kind === 'IDENTIFIER' ? this.#at.take('(') : undefined;
    if (open === undefined) return { kind: 'select', at: dot.at, operand, field, test: false };
    return this.#expanded({
      kind: 'call',
      at: open.at,
      name: field,
      target: operand,
      args: this.#arguments(),
    });
  }

  /** Words of the language are no names of fields; after `in` upstream reads on as if no dot had been. */
  #noField(dot: Token, name: Token, optional: boolean): void {
    const text = name.kind === end ? '' : name.text;
    if (optional) {
      this.#at.complain(
        name,
        `mismatched input '${escaped(name.text)}' expecting {IDENTIFIER, ESC_IDENTIFIER}`,
      );
      this.#mistakes.push({ at: name.at, why: 'unsupported ident kind' });
      throw new SyntaxError();
    }
    if (['true', 'false', 'null'].includes(name.kind)) {
      this.#at.fail(name, `mismatched input '${name.text}' expecting IDENTIFIER`);
    }
    this.#at.complain(name, `no viable alternative at input '${escaped(dot.text + text)}'`);
    if (name.kind !== 'in') throw new SyntaxError();
  }

  #expanded(call: Call): Expression {
    const made = expand(call, this.#bind);
    return 'why' in made ? this.#wrong(made.at, made.why) : made;
  }

  #arguments(): Expression[] {
    const args: Expression[] = [];
    this.#at.open++;
    if (this.#at.token().kind === ')') {
      this.#at.close(')');
      return args;
    }
    this.#at.begin("'(', ')'", "'('");
    do args.push(this.#expression());
    while (this.#at.take(',') !== undefined);
    this.#at.close(')');
    return args;
  }

  #primary(): Expression {
    const token = this.#at.token();
    switch (token.kind) {
      case '(': {
        this.#at.next++;
        this.#at.open++;
        const inner = this.#expression();
        this.#at.close(')');
        return inner;
      }
      case '[':
        return this.#list();
      case '{':
        return this.#map();
      case '.':
      case 'IDENTIFIER':
        return this.#name();
      case '-':
      case 'NUM_INT':
      case 'NUM_UINT':
      case 'NUM_FLOAT':
      case 'STRING':
      case 'BYTES':
        return this.#literal();
      case 'true':
      case 'false':
        this.#at.next++;
        return { kind: 'literal', at: token.at, type: bool, value: token.kind === 'true' };
      case 'null':
        this.#at.next++;
        return nullAt(token.at);
      default:
        this.#at.noExpression(token);
        return this.#primary();
    }
  }

  #literal(): Expression {
    const sign = this.#at.take('-');
    const token = this.#at.token();
    if (sign !== undefined && !['NUM_INT', 'NUM_FLOAT'].includes(token.kind)) {
      return this.#at.fail(
        token,
        `mismatched input '${escaped(token.text)}' expecting {NUM_FLOAT, NUM_INT}`,
      );
    }
    this.#at.next++;
    const text = (sign?.text ?? '') + token.text;
    return literalOf({ kind: token.kind, text, at: sign?.at ?? token.at }, this.#mistakes);
  }

  #name(): Expression {
    const dot = this.#at.take('.');
    const { at, text } = this.#at.expect('IDENTIFIER', 'IDENTIFIER');
    const struct = this.#struct(`${dot?.text ?? ''}${text}`);
    if (struct !== undefined) return struct;
    const open = this.#at.take('(');
    const name = `${dot?.text ?? ''}${text}`;
    const args = open === undefined ? undefined : this.#arguments();
    if (reserved.has(text)) return this.#wrong(dot?.at ?? at, `reserved identifier: ${text}`);
    if (open === undefined) return { kind: 'identifier', at, name };
    return this.#expanded({ kind: 'call', at: open.at, name, args: args ?? [] });
  }

  /** `a.b{c: 1}`: names and dots up to a brace. */
  #struct(first: string): StructLiteral | undefined {
    let ahead = 0;
    let name = first;
    while (this.#at.token(ahead).kind === '.' && this.#at.token(ahead + 1).kind === 'IDENTIFIER') {
      name += `.${this.#at.token(ahead + 1).text}`;
      ahead += 2;
    }
    const brace = this.#at.token(ahead);
    if (brace.kind !== '{') return undefined;
    this.#at.next += ahead + 1;
    const fields: StructLiteral['fields'][number][] = [];
    this.#at.separated('}', () => {
      const optional = this.#at.take('?') !== undefined;
      const field = this.#at.token();
      if (field.kind !== 'IDENTIFIER' && field.kind !== 'ESC_IDENTIFIER') {
        const expecting = "{'}', ',', '?', IDENTIFIER, ESC_IDENTIFIER}";
        this.#at.fail(field, `mismatched input '${escaped(field.text)}' expecting ${expecting}`);
      }
      this.#at.next++;
      const { at } = this.#at.expect(':');
      const plain = field.kind === 'IDENTIFIER' ? field.text : field.text.slice(1, -1);
      fields.push({ at, name: plain, value: this.#expression(), optional });
    });
    return { kind: 'struct', at: brace.at, name, fields };
  }

  #list(): List {
    const { at } = this.#at.expect('[');
    const items: List['items'][number][] = [];
    this.#at.separated(']', () => {
      const optional = this.#at.take('?') !== undefined;
      items.push({ value: this.#expression(), optional });
    });
    return { kind: 'list', at, items };
  }

  #map(): MapLiteral {
    const { at } = this.#at.expect('{');
    const entries: MapLiteral['entries'][number][] = [];
    this.#at.separated('}', () => {
      const optional = this.#at.take('?') !== undefined;
      const key = this.#expression();
      this.#at.expect(':');
      entries.push({ key, value: this.#expression(), optional });
    });
    return { kind: 'map', at, entries };
  }
}
