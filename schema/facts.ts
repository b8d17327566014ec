import { readdirSync, readFileSync } from 'node:fs';

/**
 * The facts of the built-in types that no npm package states: `facts/<group>-<version>.json`.
 *
 * A field is one line of words: its protobuf number (`2/1` when JSON has it inline and protobuf
 * inside message 2), then flags (`ptr` a Go pointer, `keep` written even when empty, `zero` left out
 * when zero, `strings` a message of strings) and `list=`, `keys=`, `map=`, `patch=`, `merge=`, `go=`
 * or `container=` (Go's name of the scalar, or of the list or map), `type=`, `default=`.
 * Types read `string`, `integer/int32`, `array:<type>`, `map:<type>` or a definition's name.
 */

export interface FieldFacts {
  /** Protobuf numbers, outermost first; empty when protobuf does not have the field. */
  numbers: number[];
  pointer: boolean;
  keep: boolean;
  omitZero: boolean;
  strings: boolean;
  /** Only where the client library's model does not tell. */
  type?: string;
  listType?: string;
  mapKeys?: string[];
  mapType?: string;
  patchStrategy?: string;
  mergeKey?: string;
  /** Full name of a named Go scalar, list or map: `io.k8s.api.core.v1.PullPolicy`. */
  goType?: string;
  /** The name is that of the list or map itself, not of what it holds. */
  goContainer?: boolean;
  default?: unknown;
}

export interface DefinitionFacts {
  /** `group/version/kind` each; the group is empty for core. */
  gvk: string[];
  required: string[];
  mapType?: string;
  unions?: unknown;
  /** A type with a coding of its own: Time, Quantity … */
  special?: string;
  fields: Map<string, FieldFacts>;
}

export interface Facts {
  definitions: Map<string, DefinitionFacts>;
  /** Allowed values by the Go type's full name. */
  enums: Map<string, string[]>;
}

interface FactsFile {
  enums?: Record<string, string[]>;
  definitions: Record<
    string,
    {
      gvk?: string[];
      required?: string[];
      map?: string;
      unions?: unknown;
      special?: string;
      fields?: Record<string, string>;
    }
  >;
}

export const factsFolder = new URL('./facts/', import.meta.url);

/** File names in a steady order. */
export function factsFiles(): string[] {
  return readdirSync(factsFolder)
    .filter((name) => name.endsWith('.json') && name !== 'descriptions.json')
    .sort();
}

/**
 * Descriptions, in our words, of the definitions and fields that the client library has none for;
 * '' for a field that upstream publishes without one.
 */
export function ownDescriptions(): Record<string, string> {
  return JSON.parse(readFileSync(new URL('descriptions.json', factsFolder), 'utf8')) as Record<
    string,
    string
  >;
}

export function readFacts(): Facts {
  const facts: Facts = { definitions: new Map(), enums: new Map() };
  for (const name of factsFiles()) {
    const file = JSON.parse(readFileSync(new URL(name, factsFolder), 'utf8')) as FactsFile;
    for (const [type, values] of Object.entries(file.enums ?? {})) facts.enums.set(type, values);
    for (const [definition, d] of Object.entries(file.definitions)) {
      const fields = new Map<string, FieldFacts>();
      for (const [field, words] of Object.entries(d.fields ?? {})) {
        fields.set(field, fieldFacts(`${definition}.${field}`, words));
      }
      facts.definitions.set(definition, {
        gvk: d.gvk ?? [],
        required: d.required ?? [],
        ...(d.map === undefined ? {} : { mapType: d.map }),
        ...(d.unions === undefined ? {} : { unions: d.unions }),
        ...(d.special === undefined ? {} : { special: d.special }),
        fields,
      });
    }
  }
  return facts;
}

function fieldFacts(where: string, words: string): FieldFacts {
  const facts: FieldFacts = {
    numbers: [],
    pointer: false,
    keep: false,
    omitZero: false,
    strings: false,
  };
  for (const word of words === '' ? [] : words.split(' ')) {
    const at = word.indexOf('=');
    if (at < 0) flag(where, facts, word);
    else setting(where, facts, word.slice(0, at), word.slice(at + 1));
  }
  return facts;
}

function flag(where: string, facts: FieldFacts, word: string): void {
  if (word === 'ptr') facts.pointer = true;
  else if (word === 'keep') facts.keep = true;
  else if (word === 'zero') facts.omitZero = true;
  else if (word === 'strings') facts.strings = true;
  else if (/^\d+(\/\d+)*$/.test(word)) facts.numbers = word.split('/').map(Number);
  else throw new Error(`schema/facts: ${where}: "${word}" is not known`);
}

function setting(where: string, facts: FieldFacts, key: string, value: string): void {
  if (key === 'type') facts.type = value;
  else if (key === 'list') facts.listType = value;
  else if (key === 'keys') facts.mapKeys = value.split(',');
  else if (key === 'map') facts.mapType = value;
  else if (key === 'patch') facts.patchStrategy = value;
  else if (key === 'merge') facts.mergeKey = value;
  else if (key === 'default') facts.default = JSON.parse(value);
  else if (key === 'go' || key === 'container') {
    facts.goContainer = key === 'container';
    const definition = where.slice(0, where.lastIndexOf('.'));
    const folder = definition.slice(0, definition.lastIndexOf('.'));
    facts.goType = value.includes('.') ? value : `${folder}.${value}`;
  } else throw new Error(`schema/facts: ${where}: "${key}=" is not known`);
}
