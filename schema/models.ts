import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * What the generated models of @kubernetes/client-node say of a type: the names, types and formats
 * of its fields (from the JavaScript) and its descriptions (from the declarations).
 */

export interface Model {
  /** By field name, in our words for types (see facts.ts); undefined when the model says `any`. */
  types: Map<string, string | undefined>;
  description: string;
  descriptions: Map<string, string>;
}

interface Attribute {
  /** In TypeScript: `_continue`. */
  name: string;
  /** In JSON: `continue`. */
  baseName: string;
  type: string;
  format: string;
}

const meta = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const named: Record<string, string> = {
  Date: `${meta}.Time`,
  V1MicroTime: `${meta}.MicroTime`,
  IntOrString: 'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
};

function modelsFolder(): string {
  const entry = fileURLToPath(import.meta.resolve('@kubernetes/client-node'));
  return `${entry.slice(0, entry.lastIndexOf('/'))}/gen/models`;
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/**
 * `io.k8s.api.core.v1.Pod` is the model V1Pod, or CoreV1Pod where several groups have the kind.
 * Undefined when the library has no such model.
 */
function modelNames(definitions: Iterable<string>, folder: string): Map<string, string> {
  const names = new Map<string, string>();
  for (const definition of definitions) {
    const [kind = '', version = '', group = ''] = definition.split('.').reverse();
    const short = capitalised(version) + kind;
    for (const name of [capitalised(group) + short, short]) {
      if (!existsSync(`${folder}/${name}.js`)) continue;
      names.set(definition, name);
      break;
    }
  }
  return names;
}

export function readModels(definitions: Iterable<string>): Map<string, Model> {
  const folder = modelsFolder();
  const names = modelNames(definitions, folder);
  const definitionOf = new Map([...names].map(([definition, name]) => [name, definition]));
  const models = new Map<string, Model>();
  for (const [definition, name] of names) {
    const code = readFileSync(`${folder}/${name}.js`, 'utf8');
    const list = /attributeTypeMap = (\[[^]*?\n\]);/.exec(code)?.[1] ?? '[]';
    const types = new Map<string, string | undefined>();
    const attributes = JSON.parse(list) as Attribute[];
    for (const { baseName, type, format } of attributes) {
      types.set(baseName, ourType(type, format, definitionOf));
    }
    const declarations = readFileSync(`${folder}/${name}.d.ts`, 'utf8');
    models.set(definition, { types, ...describe(declarations, attributes) });
  }
  return models;
}

function ourType(type: string, format: string, of: Map<string, string>): string | undefined {
  const list = /^Array<(.*)>$/.exec(type)?.[1];
  if (list !== undefined) return nested('array', ourType(list, format, of));
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(type)?.[1];
  if (map !== undefined) return nested('map', ourType(map, format, of));
  if (type === 'string') return format === '' ? 'string' : `string/${format}`;
  if (type === 'number') {
    return `${format === 'double' ? 'number' : 'integer'}${format === '' ? '' : `/${format}`}`;
  }
  if (type === 'boolean') return type;
  return named[type] ?? of.get(type);
}

function nested(kind: string, type: string | undefined): string | undefined {
  return type === undefined ? undefined : `${kind}:${type}`;
}

function describe(
  declarations: string,
  attributes: readonly Attribute[],
): {
  description: string;
  descriptions: Map<string, string>;
} {
  const names = new Map(attributes.map(({ name, baseName }) => [name, baseName]));
  const descriptions = new Map<string, string>();
  let description = '';
  const pattern = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*(?:export declare class|'([^']+)'\??:)/g;
  for (const [, comment = '', field] of declarations.matchAll(pattern)) {
    const text = comment
      .replace(/^\s*\* ?/gm, '')
      .replace(/\\(["'\\])/g, '$1')
      .trim()
      // the generator made a blank of every line break
      .replace(/(?<=\S) {2}(?=\S)/g, '\n\n')
      .replace(/(?<=\S) {3}(?=\S)/g, '\n  ');
    if (field === undefined) description = text;
    else if (text !== '') descriptions.set(names.get(field) ?? field, text);
  }
  return { description, descriptions };
}
