import { parse } from 'yaml';

/** The only import of the YAML library. YAML as Kubernetes reads it: no duplicate keys, 1.2 core schema. */

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
  return parse(text);
}
