/**
 * Records of comma-separated values, as Go's encoding/csv reads them: no comments, blanks count, a quoted
 * field may hold line breaks, and a quote anywhere else is an error.
 */
export function parseCsv(text: string): string[][] {
  // what is at the end of a line is one character, and a lone CR at the very end is none
  const reader = {
    text: text.replaceAll('\r\n', '\n').replace(/\r$/, ''),
    at: 0,
    line: 1,
    from: 0,
  };
  const records: string[][] = [];
  while (reader.at < reader.text.length) {
    if (reader.text[reader.at] === '\n') nextLine(reader, reader.at + 1);
    else records.push(record(reader));
  }
  return records;
}

interface Reader {
  text: string;
  at: number;
  line: number;
  /** Where the line begins. */
  from: number;
}

function nextLine(reader: Reader, at: number): void {
  reader.at = at;
  reader.from = at;
  reader.line += 1;
}

function fault(reader: Reader, at: number, start: number, why: string): Error {
  const column = Buffer.byteLength(reader.text.slice(reader.from, at)) + 1;
  const { line } = reader;
  const where = `line ${line}, column ${column}`;
  return new Error(
    start === line
      ? `parse error on ${where}: ${why}`
      : `record on line ${start}; parse error on ${where}: ${why}`,
  );
}

function record(reader: Reader): string[] {
  const fields: string[] = [];
  const start = reader.line;
  for (;;) {
    const quoted = reader.text[reader.at] === '"';
    fields.push(quoted ? quotedField(reader, start) : plainField(reader, start));
    const end = reader.text[reader.at];
    if (end === ',') {
      reader.at += 1;
      continue;
    }
    if (end === '\n') nextLine(reader, reader.at + 1);
    return fields;
  }
}

function plainField(reader: Reader, start: number): string {
  const { text, at } = reader;
  const length = text.slice(at).search(/[,\n]/);
  const field = length < 0 ? text.slice(at) : text.slice(at, at + length);
  const quote = field.indexOf('"');
  if (quote >= 0) throw fault(reader, at + quote, start, 'bare " in non-quoted-field');
  reader.at += field.length;
  return field;
}

const badQuote = 'extraneous or missing " in quoted-field';

function quotedField(reader: Reader, start: number): string {
  const { text } = reader;
  let field = '';
  let at = reader.at + 1;
  for (;;) {
    const next = text.slice(at).search(/["\n]/);
    if (next < 0) throw fault(reader, text.length, start, badQuote);
    field += text.slice(at, at + next);
    at += next;
    if (text[at] === '\n') {
      field += '\n';
      at += 1;
      if (at === text.length) throw fault(reader, at, start, badQuote);
      nextLine(reader, at);
      continue;
    }
    const behind = text[at + 1];
    if (behind === '"') {
      field += '"';
      at += 2;
      continue;
    }
    if (behind !== undefined && behind !== ',' && behind !== '\n') {
      throw fault(reader, at, start, badQuote);
    }
    reader.at = at + 1;
    return field;
  }
}
