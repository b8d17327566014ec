import type { LineCounter, YAMLParseError } from 'yaml';

interface Mistake extends Pick<YAMLParseError, 'code' | 'message' | 'pos'> {
  next: YAMLParseError | undefined;
  text: string;
  lines: LineCounter;
}

/** Words of the scanner, whose lines count from one, or of the parser, whose lines count from zero. */
interface Words {
  why: string;
  parsing?: boolean;
  /** The offset of the line that is told, unless it is where the mistake begins. */
  offset?: number;
}

export const notAlphabetic = 'did not find expected alphabetic or numeric character';
const values = 'mapping values are not allowed in this context';
const token = 'found character that cannot start any token';
const colon = "could not find expected ':'";
const key: Words = { why: 'did not find expected key', parsing: true };
const dash: Words = { why: "did not find expected '-' indicator", parsing: true };
const content: Words = { why: 'did not find expected node content', parsing: true };

/** What libyaml says of a text with the library's errors; line one is not told. */
export function yamlSyntaxError(
  [first, next]: readonly YAMLParseError[],
  text: string,
  lines: LineCounter,
): string {
  const { code, message, pos } = first as YAMLParseError;
  const { why, parsing, offset = pos[0] } = words({ code, message, pos, next, text, lines });
  const { line } = lines.linePos(offset);
  return yamlAt(parsing === true ? line - 1 : line === 1 ? 0 : line, why);
}

/** Of the scanner: nothing is before the first line. */
export function yamlAt(line: number, why: string): string {
  return line === 0 ? why : `line ${line}: ${why}`;
}

function words(mistake: Mistake): Words {
  const { code, message } = mistake;
  switch (code) {
    case 'BAD_DQ_ESCAPE':
      return { why: 'found unknown escape character' };
    case 'BAD_SCALAR_START':
      return { why: token };
    case 'BAD_ALIAS':
      return { why: notAlphabetic };
    case 'BLOCK_AS_IMPLICIT_KEY':
      return nested(mistake);
    case 'TAB_AS_INDENT':
      return tab(mistake);
    case 'BAD_INDENT':
      return indented(mistake);
    case 'MULTILINE_IMPLICIT_KEY':
      return severalLines(mistake);
    case 'UNEXPECTED_TOKEN':
      return unexpected(mistake);
    case 'MISSING_CHAR':
      if (/^Missing closing ["']/.test(message)) return { why: 'found unexpected end of stream' };
      if (message.startsWith('Implicit map keys'))
        return { why: colon, offset: following(mistake) };
      return { why: message };
    default:
      return { why: message };
  }
}

function nested({ text, pos, next }: Mistake): Words {
  if (text[pos[0]] === '?') return { why: 'mapping keys are not allowed in this context' };
  const spread = next?.code === 'MULTILINE_IMPLICIT_KEY' && next.pos[0] === pos[0];
  return { why: values, offset: spread ? next.pos[1] - 1 : pos[0] };
}

/** A tab begins what cannot begin with one, or a further line of a plain scalar. */
function tab({ text, pos }: Mistake): Words {
  const before = text.slice(0, pos[0]).trimEnd();
  const begins = before === '' || /(?:^|\s)[-?]$|:$/.test(before);
  return { why: begins ? token : 'found a tab character that violates indentation' };
}

function indented({ message, text, pos }: Mistake): Words {
  const flow = /^Flow (sequence|map) /.exec(message);
  if (flow !== null) return unclosed(flow[1] === 'map' ? '}' : ']');
  return afterItem(text, pos[0]) ? dash : key;
}

const unclosed = (end: string): Words => ({
  why: `did not find expected ',' or '${end}'`,
  parsing: true,
});

/** Whether the last line with the same indentation is an item of a sequence. */
function afterItem(text: string, offset: number): boolean {
  const before = text.slice(0, offset).split('\n');
  const indent = /^ */.exec(text.slice(text.lastIndexOf('\n', offset - 1) + 1))?.[0] ?? '';
  const same = before
    .slice(0, -1)
    .findLast((line) => line.startsWith(indent) && /^[^\s#]/.test(line.slice(indent.length)));
  return same !== undefined && /^-(?:\s|$)/.test(same.slice(indent.length));
}

function severalLines({ message, text, pos }: Mistake): Words {
  if (message.includes('flow sequence')) return { ...unclosed(']'), offset: pos[1] - 1 };
  if (/^-\s/.test(text.slice(pos[0], pos[0] + 2))) return key;
  const first = /(?:^|(?:^|\n)---)\s*$/.test(text.slice(0, pos[0]));
  return { why: first ? values : colon, offset: pos[1] - 1 };
}

function unexpected(mistake: Mistake): Words {
  const { message, text, next, pos } = mistake;
  if (message.startsWith('Unexpected block-seq-ind on same line')) {
    return { why: 'block sequence entries are not allowed in this context' };
  }
  if (message.startsWith('Block scalar header includes extra characters')) {
    return { why: 'did not find expected comment or line break' };
  }
  if (!message.startsWith('Unexpected scalar at node end')) return content;
  const line = text.slice(text.lastIndexOf('\n', pos[0] - 1) + 1, pos[0]);
  if (line.trim() !== '') return key;
  if (!afterItem(text, pos[0])) return content;
  const isKey = next?.message.startsWith('Unexpected map-value-ind') === true;
  return isKey ? dash : { why: colon, offset: following(mistake) };
}

/** Where the next token begins; of a plain scalar, the blank lines that follow are a part. */
function following({ text, pos }: Mistake): number {
  const after = text.slice(pos[1]);
  const blank = /^\s*/.exec(after)?.[0] ?? '';
  const plain = !/["'\]}]/.test(text[pos[1] - 1] ?? '');
  if (plain && blank.includes('\n')) return pos[1] + blank.length;
  return pos[1] + (/^(?:\s|(?<=\s)#.*)*/.exec(after)?.[0].length ?? 0);
}
