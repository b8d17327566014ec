/** A text that is known to be JSON, and how far it is read. */
export interface JsonReader {
  text: string;
  at: number;
}

/** The character behind white space, not read yet. */
export function skipSpace(reader: JsonReader): string {
  for (;;) {
    const c = reader.text.charAt(reader.at);
    if (c !== ' ' && c !== '\n' && c !== '\r' && c !== '\t') return c;
    reader.at += 1;
  }
}

export function readString(reader: JsonReader): string {
  const start = reader.at;
  skipString(reader);
  return JSON.parse(reader.text.slice(start, reader.at)) as string;
}

function skipString(reader: JsonReader): void {
  for (reader.at += 1; reader.text.charAt(reader.at) !== '"'; reader.at += 1) {
    if (reader.text.charAt(reader.at) === '\\') reader.at += 1;
  }
  reader.at += 1;
}

/** Past a number, `true`, `false` or `null`. */
export function skipScalar(reader: JsonReader): void {
  while (!/^[,\]}\s]?$/.test(reader.text.charAt(reader.at))) reader.at += 1;
}

/** Past a value of any type, however deep. */
export function skipValue(reader: JsonReader): void {
  let depth = 0;
  do {
    const c = skipSpace(reader);
    if (c === '"') skipString(reader);
    else if (c === '{' || c === '[') {
      depth += 1;
      reader.at += 1;
    } else if (c === '}' || c === ']') {
      depth -= 1;
      reader.at += 1;
    } else if (c === ',' || c === ':') reader.at += 1;
    else skipScalar(reader);
  } while (depth > 0);
}
