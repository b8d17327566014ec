import { parseJson } from './json.ts';
import { createRequire } from 'node:module';
import { yamlDocuments } from './yaml-documents.ts';
import { yamlSyntaxError } from './yaml-errors.ts';
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
  if (document.errors.length > 0) {
    throw new Error(`yaml: ${yamlSyntaxError(document.errors, text, lines)}`);
  }
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
