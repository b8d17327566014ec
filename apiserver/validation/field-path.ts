import { isProps, type JsonSchemaProps } from './definition.ts';

/** What a path leads to, by the names it takes (`spec`, `['a.b']`), or why it leads nowhere. */
type FieldAt =
  | { schema: JsonSchemaProps | undefined; steps: readonly string[]; normalised: string }
  | { problem: string };

const noField = 'does not refer to a valid field';
const unfinished = 'unexpected end of JSON path';

/** Delimiters by themselves, what stands between them whole, quotes and all. */
const tokensOf = (path: string): string[] =>
  path.match(/'(?:[^'\\]|\\.)*'|[.[\]]|[^.[\]]+/gs) ?? [];

/**
 * The schema that `.spec.color` or `.spec['a.b']` leads to (apiextensions schema/cel ValidFieldPath).
 * @param brackets whether names may stand in brackets
 */
export function fieldAt(root: JsonSchemaProps, path: string, brackets: boolean): FieldAt {
  const tokens = tokensOf(path);
  const steps: string[] = [];
  let normalised = '';
  let schema: JsonSchemaProps | undefined = root;
  for (let i = 0; i < tokens.length; i += 2) {
    const token = tokens[i];
    let name = tokens[i + 1];
    if (token === '[') {
      if (!brackets) return { problem: 'array notation is not allowed' };
      if (name === undefined) return { problem: unfinished };
      if (!/^'.*'$/s.test(name) || name.length < 2) {
        return { problem: `expected single quoted string but got ${name}` };
      }
      const plain = unescaped(name.slice(1, -1));
      if (plain === undefined) return { problem: 'invalid string literal' };
      name = plain;
    } else if (token !== '.') return { problem: `expected [ or . but got: ${token}` };
    if (name === undefined) return { problem: unfinished };
    const at: JsonSchemaProps = schema ?? {};
    const { properties, additionalProperties } = at;
    if (isProps(properties) && Object.keys(properties).length > 0) {
      if (!Object.hasOwn(properties, name)) return { problem: noField };
      schema = properties[name] as JsonSchemaProps;
      normalised += normalised === '' ? name : `.${name}`;
    } else if (additionalProperties !== undefined) {
      schema = isProps(additionalProperties) ? additionalProperties : undefined;
      normalised += `[${name}]`;
    } else return { problem: noField };
    steps.push(name);
    if (token !== '[') continue;
    const close = tokens[i + 2];
    if (close === undefined) return { problem: unfinished };
    if (close !== ']') return { problem: `expected ] but got ${close}` };
    i++;
  }
  return { schema, steps, normalised };
}

/** The names that a path takes which leads somewhere. */
export function namesOf(path: string): string[] {
  return tokensOf(path)
    .filter((token) => !['.', '[', ']'].includes(token))
    .map((name) => (name.startsWith("'") ? unescaped(name.slice(1, -1)) : undefined) ?? name);
}

const escapes: Record<string, string> = {
  a: '\u0007',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  "'": "'",
  '\\': '\\',
};

function unescaped(text: string): string | undefined {
  let known = true;
  const plain = text.replace(/\\(.)/gs, (_whole, letter: string) => {
    const found = escapes[letter];
    known &&= found !== undefined;
    return found ?? '';
  });
  return known ? plain : undefined;
}
