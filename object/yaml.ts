import { createRequire } from 'node:module';

/**
 * The only import of the YAML library, loaded when the first YAML comes or goes: most clients speak
 * JSON. YAML as Kubernetes reads it: no duplicate keys, 1.2 core schema.
 */
const require = createRequire(import.meta.url);
const library = (): typeof import('yaml') => require('yaml');

/** One document. Throws with line and column when it is not YAML. JSON takes the fast way. */
export function parseYaml(text: string): unknown {
  const start = text.trimStart();
  if (start.startsWith('{')) {
    try {
      return JSON.parse(text);
    } catch {
      // A YAML flow mapping also starts with a brace.
    }
  }
  return library().parse(text);
}

/**
 * One document, as upstream's library writes it: keys in order, lists not indented, nothing folded;
 * text that YAML 1.1 would read as something else (a time, `yes`, `0777`) in quotes.
 */
export function writeYaml(value: unknown): string {
  return library().stringify(value, {
    version: '1.1',
    lineWidth: 0,
    aliasDuplicateObjects: false,
    sortMapEntries: true,
    indentSeq: false,
  });
}
