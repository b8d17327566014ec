import { parseJson } from './json.ts';
import { createRequire } from 'node:module';
import type { LineCounter, YAMLParseError } from 'yaml';
import { yamlDocuments } from './yaml-documents.ts';
import { JsonlessKey, yamlValue } from './yaml-value.ts';

/**
 * The only import of the YAML library, loaded when the first YAML comes: most clients speak
 * JSON.
 */
const require = createRequire(import.meta.url);
const library = (): typeof import('yaml') => require('yaml');

export interface DecodedYaml {
  value: unknown;
  /** What a strict reading says of keys given twice, in upstream's words; the last value won. */
  duplicates: string | undefined;
}

/**
 * The first document of a text, read as Kubernetes reads it. Throws in upstream's words (`yaml: line
 * 2: …`; those of syntax errors where a common one is known).
 */
export function decodeYaml(text: string): DecodedYaml {
  const yaml = library();
  const lines = new yaml.LineCounter();
  const [document] = yamlDocuments(yaml, text, lines);
  if (document === undefined) return { value: null, duplicates: undefined };
  const [error] = document.errors;
  if (error !== undefined) throw new Error(`yaml: ${syntaxError(error, lines)}`);
  try {
    const { value, twice } = yamlValue(document, lines, yaml);
    refuseJsonless(value);
    const duplicates =
      twice.length === 0 ? undefined : `yaml: unmarshal errors:\n  ${twice.join('\n  ')}`;
    return { value, duplicates };
  } catch (error) {
    const { message } = error as Error;
    throw error instanceof JsonlessKey || message.startsWith('json: ')
      ? error
      : new Error(`yaml: ${message}`);
  }
}

/** As {@link decodeYaml}; keys given twice are an error. JSON takes the fast way. */
export function parseYaml(text: string): unknown {
  if (text.trimStart().startsWith('{')) {
    try {
      return parseJson(text);
    } catch {
      // A YAML flow mapping also starts with a brace.
    }
  }
  const { value, duplicates } = decodeYaml(text);
  if (duplicates !== undefined) throw new Error(duplicates);
  return value;
}

/** The numbers of YAML that are none in JSON. */
function refuseJsonless(value: unknown): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    const shown = Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
    throw new Error(`json: unsupported value: ${shown}`);
  }
  if (typeof value !== 'object' || value === null) return;
  for (const inner of Object.values(value)) refuseJsonless(inner);
}

/** The library's code of a mistake to libyaml's words for it, by the stage that finds it there. */
const scannerErrors: Readonly<Record<string, string>> = {
  BAD_DQ_ESCAPE: 'found unknown escape character',
  BAD_SCALAR_START: 'found character that cannot start any token',
  BLOCK_AS_IMPLICIT_KEY: 'mapping values are not allowed in this context',
  TAB_AS_INDENT: 'found character that cannot start any token',
};
const parserErrors: Readonly<Record<string, string>> = {
  BAD_INDENT: 'did not find expected key',
  UNEXPECTED_TOKEN: 'did not find expected node content',
};

/** Lines of the scanner's mistakes count from one, of the parser's from zero; the first is not told. */
function syntaxError(error: YAMLParseError, lines: LineCounter): string {
  const { line } = lines.linePos(error.pos[0]);
  const parsing = parserErrors[error.code];
  if (parsing !== undefined) return at(line - 1, parsing);
  const quote = /^Missing closing ["']/.test(error.message);
  const why = quote
    ? 'found unexpected end of stream'
    : (scannerErrors[error.code] ?? error.message);
  return at(line === 1 ? 0 : line, why);
}

const at = (line: number, why: string): string => (line === 0 ? why : `line ${line}: ${why}`);
