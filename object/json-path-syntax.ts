/** The syntax of JSONPath templates ([json-path.ts](json-path.ts)). */

/** `[1]`, `[0:2]`, `[::2]`, `[*]`. */
export interface Slice {
  kind: 'slice';
  from?: number;
  to?: number;
  step?: number;
  single: boolean;
}

export interface Filter {
  kind: 'filter';
  left: Action;
  operator: string;
  right: Action;
}

export type Node =
  | { kind: 'text'; text: string }
  | { kind: 'literal'; value: unknown }
  | { kind: 'field'; name: string }
  | { kind: 'name'; name: string }
  | { kind: 'all' }
  | { kind: 'recursive' }
  | { kind: 'union'; of: readonly Action[] }
  | Slice
  | Filter;

/** What stands between two braces. */
export type Action = readonly Node[];

/** Text between actions finds itself. @throws Error naming what is not understood */
export function parseTemplate(text: string): Action[] {
  const actions: Action[] = [];
  let rest = text;
  while (rest !== '') {
    const start = rest.indexOf('{');
    const before = start === -1 ? rest : rest.slice(0, start);
    if (before !== '') actions.push([{ kind: 'text', text: before }]);
    if (start === -1) break;
    const reader = new ActionReader(rest.slice(start + 1));
    actions.push(reader.nodes);
    rest = reader.rest;
  }
  return actions;
}

function parseAction(text: string): Action {
  return new ActionReader(`${text}}`).nodes;
}

const name = /^(?:\\.|[^\s.,[\]$@{}\\]|[^\S \t\r\n])*/su;
const word = /^[\p{L}\p{Nd}_](?:[^\s.,[\]$@{}]|[^\S \t\r\n])*/u;
const number = /^[+-]?[\p{Nd}.]*/u;
const bounds = /^(-?\d*)(?::(-?\d*))?(?::(-?\d*))?$/;
const comparison = /^([^!<>=]+)([!<>=]+)(.+)$/;

class ActionReader {
  readonly nodes: Node[] = [];
  /** What stands behind the closing brace. */
  rest: string;

  constructor(text: string) {
    this.rest = text;
    while (!this.#taken('}')) this.#read();
  }

  #taken(start: string): boolean {
    if (!this.rest.startsWith(start)) return false;
    this.rest = this.rest.slice(start.length);
    return true;
  }

  #match(pattern: RegExp): string {
    const found = pattern.exec(this.rest)?.[0] ?? '';
    this.rest = this.rest.slice(found.length);
    return found;
  }

  #read(): void {
    const { rest } = this;
    if (this.#taken('[?(')) this.nodes.push(this.#filter());
    else if (this.#taken('..')) this.#recursive();
    else if (this.#taken('.')) this.#field();
    else if (this.#taken('[')) this.#brackets();
    else if (/^[ @$]/.test(rest)) this.rest = rest.slice(1);
    else if (/^["']/.test(rest)) this.#quoted();
    else if (/^[+\-\p{Nd}]/u.test(rest)) this.#number();
    else if (word.test(rest)) this.#word();
    else if (/^(?:$|[\r\n])/.test(rest)) throw new Error('unclosed action');
    else throw new Error(`unrecognized character in action: ${rest[0]}`);
  }

  #field(): void {
    const text = this.#match(name);
    this.nodes.push(
      text === '*' ? { kind: 'all' } : { kind: 'field', name: text.replaceAll('\\', '') },
    );
  }

  #recursive(): void {
    if (this.nodes.at(-1)?.kind === 'recursive') {
      throw new Error('invalid multiple recursive descent');
    }
    this.nodes.push({ kind: 'recursive' });
    if (word.test(this.rest)) this.#field();
  }

  #word(): void {
    const text = this.#match(word);
    const isBoolean = text === 'true' || text === 'false';
    this.nodes.push(
      isBoolean ? { kind: 'literal', value: text === 'true' } : { kind: 'name', name: text },
    );
  }

  /** A number with a point is a float even when it is whole. */
  #number(): void {
    const text = this.#match(number);
    if (!/^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(text)) throw new Error(`cannot parse number ${text}`);
    const value = Number(text);
    this.nodes.push({ kind: 'literal', value: text.includes('.') ? new Number(value) : value });
  }

  #quoted(): void {
    const quote = this.rest[0] as string;
    let end = 1;
    while (this.rest[end] !== quote || this.rest[end - 1] === '\\') {
      if (end >= this.rest.length || this.rest[end] === '\n') {
        throw new Error('unterminated quoted string');
      }
      end++;
    }
    this.nodes.push({ kind: 'text', text: unquoted(this.rest.slice(1, end), quote) });
    this.rest = this.rest.slice(end + 1);
  }

  #brackets(): void {
    const end = this.rest.search(/[\]\n]/);
    if (end === -1 || this.rest[end] === '\n') throw new Error('unterminated array');
    const text = this.rest.slice(0, end);
    this.rest = this.rest.slice(end + 1);
    const parts = text.split(',');
    if (parts.length > 1) {
      const of = parts.map((part) => parseAction(`[${part.replace(/^ +| +$/g, '')}]`));
      this.nodes.push({ kind: 'union', of });
      return;
    }
    // a key is read as a path: a dot in it has to be escaped here as well
    const key = /^'([^']*)'$/.exec(text)?.[1];
    if (key === undefined) this.nodes.push(sliceOf(text));
    else this.nodes.push(...parseAction(`.${key}`));
  }

  /** Up to the first parenthesis that is not between a pair of quotes. */
  #filter(): Filter {
    const text = this.rest.slice(0, endOfFilter(this.rest));
    this.rest = this.rest.slice(text.length + 1);
    if (!this.#taken(']')) throw new Error('unclosed array expect ]');
    const [, left, operator, right] = comparison.exec(text) ?? [];
    if (left === undefined || operator === undefined || right === undefined) {
      return { kind: 'filter', left: parseAction(text), operator: 'exists', right: [] };
    }
    return { kind: 'filter', left: parseAction(left), operator, right: parseAction(right) };
  }
}

/** Only the first pair of quotes is looked for: behind its end no other one opens. */
function endOfFilter(text: string): number {
  let pair: string | undefined;
  let closed = false;
  for (let at = 0; at < text.length && text[at] !== '\n'; at++) {
    const character = text[at] as string;
    if (character === ')' && (pair !== undefined) === closed) return at;
    if (character !== '"' && character !== "'") continue;
    if (pair === undefined) pair = character;
    else if (character === pair && text[at - 1] !== '\\') closed = true;
  }
  throw new Error('unterminated filter');
}

function sliceOf(text: string): Slice {
  const found = bounds.exec(text === '*' ? ':' : text);
  if (found === null) throw new Error(`invalid array index ${text}`);
  const [from, to, step] = found.slice(1).map(bound);
  return {
    kind: 'slice',
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(step === undefined ? {} : { step }),
    single: found[2] === undefined,
  };
}

function bound(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === '-') throw new Error(`array index ${text} is not a number`);
  return Number(text);
}

const escapes: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
};
const escape =
  /\\(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-3][0-7]{2})|([abfnrtv\\'"])|)/g;

function unquoted(text: string, quote: string): string {
  return text.replace(
    escape,
    (all, x?: string, u?: string, long?: string, octal?: string, short?: string) => {
      const code = x ?? u ?? long;
      if (code !== undefined) return String.fromCodePoint(Number.parseInt(code, 16));
      if (octal !== undefined) return String.fromCodePoint(Number.parseInt(octal, 8));
      if (short === quote) return quote;
      const plain = short === undefined ? undefined : escapes[short];
      if (plain === undefined) throw new Error(`unquote string ${text}: ${all}`);
      return plain;
    },
  );
}
