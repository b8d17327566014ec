import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Artefact, FieldRow } from './built-in.ts';
import { type Facts, factsFiles, factsFolder, type FieldFacts } from './facts.ts';
import { ownDescriptions, readFacts } from './facts.ts';
import { type Model, readModels } from './models.ts';

/**
 * Builds the schemas of the built-in types from the client library's models and our facts into the
 * ignored folder `generated/`: `built-in.json`, which every server start reads, and
 * `descriptions.json`, which only OpenAPI reads. Run: `node schema/generate.ts`.
 */

export type Descriptions = Record<string, [type: string, fields: Record<string, string>]>;

const folder = new URL('./generated/', import.meta.url);
const sources = ['generate.ts', 'facts.ts', 'models.ts'];

/** Generates unless what is there was made from the same inputs. Takes about a second, or a few ms. */
export function ensureGenerated(): 'made' | 'up to date' {
  const stamp = inputsHash();
  const stampFile = new URL('inputs.sha256', folder);
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return 'up to date';
  const facts = readFacts();
  const models = readModels(facts.definitions.keys());
  const artefact = artefactOf(facts, models);
  mkdirSync(folder, { recursive: true });
  replaceFile('built-in.json', JSON.stringify(artefact));
  replaceFile('descriptions.json', JSON.stringify(descriptionsOf(artefact, models)));
  replaceFile('inputs.sha256', stamp);
  return 'made';
}

/** Readers never see half a file. */
function replaceFile(name: string, content: string): void {
  const temporary = new URL(`${name}.${process.pid}`, folder);
  writeFileSync(temporary, content);
  renameSync(temporary, new URL(name, folder));
}

function inputsHash(): string {
  const hash = createHash('sha256');
  for (const name of sources) hash.update(readFileSync(new URL(name, import.meta.url)));
  for (const name of factsFiles()) hash.update(readFileSync(new URL(name, factsFolder)));
  hash.update(readFileSync(new URL('descriptions.json', factsFolder)));
  const lock = createRequire(import.meta.url).resolve('@kubernetes/client-node');
  hash.update(readFileSync(new URL('../package.json', `file://${lock}`)));
  return hash.digest('hex');
}

function artefactOf(facts: Facts, models: Map<string, Model>): Artefact {
  const artefact: Artefact = { types: [], goTypes: [], enums: {}, definitions: {} };
  const indexes = new Map<string, number>();
  const indexOf = (list: string[], text: string): number => {
    const key = `${list === artefact.types ? 't' : 'g'}${text}`;
    const known = indexes.get(key);
    if (known !== undefined) return known;
    indexes.set(key, list.length);
    return list.push(text) - 1;
  };
  for (const [name, d] of facts.definitions) {
    const model = models.get(name);
    const rows: FieldRow[] = [];
    for (const [field, f] of d.fields) {
      const type = f.type ?? model?.types.get(field);
      if (type === undefined) {
        throw new Error(
          `schema/facts: ${name}.${field} has no type: neither fact nor model states it`,
        );
      }
      const extras = extrasOf(f);
      if (f.goType !== undefined) extras.go = indexOf(artefact.goTypes, f.goType);
      rows.push([field, indexOf(artefact.types, type), f.numbers, flagsOf(f), extras]);
    }
    for (const field of model?.types.keys() ?? []) {
      if (!d.fields.has(field)) throw new Error(`schema/facts: ${name}.${field} is missing`);
    }
    artefact.definitions[name] = {
      ...(d.gvk.length === 0 ? {} : { gvk: d.gvk }),
      ...(d.required.length === 0 ? {} : { required: d.required }),
      ...(d.mapType === undefined ? {} : { map: d.mapType }),
      ...(d.special === undefined ? {} : { special: d.special }),
      ...(d.unions === undefined ? {} : { unions: d.unions }),
      fields: rows,
    };
  }
  for (const [index, goType] of artefact.goTypes.entries()) {
    const values = facts.enums.get(goType);
    if (values !== undefined) artefact.enums[index] = values;
  }
  return artefact;
}

/** Bits: 1 pointer, 2 kept when empty, 4 left out when zero, 8 a message of strings, 16 `go` names the list or map. */
function flagsOf(f: FieldFacts): number {
  return (
    (f.pointer ? 1 : 0) |
    (f.keep ? 2 : 0) |
    (f.omitZero ? 4 : 0) |
    (f.strings ? 8 : 0) |
    (f.goContainer === true ? 16 : 0)
  );
}

function extrasOf(f: FieldFacts): FieldRow[4] {
  return {
    ...(f.listType === undefined ? {} : { list: f.listType }),
    ...(f.mapKeys === undefined ? {} : { keys: f.mapKeys }),
    ...(f.mapType === undefined ? {} : { map: f.mapType }),
    ...(f.patchStrategy === undefined ? {} : { patch: f.patchStrategy }),
    ...(f.mergeKey === undefined ? {} : { merge: f.mergeKey }),
    ...(f.default === undefined ? {} : { default: f.default }),
  };
}

/** A field without a description of its own shows its type's, unless our table says it has none (''). */
function descriptionsOf(artefact: Artefact, models: Map<string, Model>): Descriptions {
  const own = ownDescriptions();
  const typeDescription = (name: string): string =>
    own[name] ?? models.get(name)?.description ?? '';
  const all: Descriptions = {};
  for (const [name, d] of Object.entries(artefact.definitions)) {
    const model = models.get(name);
    const fields: Record<string, string> = {};
    for (const [field, type] of d.fields) {
      const text =
        own[`${name}.${field}`] ??
        model?.descriptions.get(field) ??
        typeDescription(artefact.types[type] ?? '');
      if (text !== '') fields[field] = text;
    }
    all[name] = [typeDescription(name), fields];
  }
  return all;
}

if (import.meta.main) {
  const started = performance.now();
  const outcome = ensureGenerated();
  process.stdout.write(
    `schemas of the built-in types: ${outcome} (${Math.round(performance.now() - started)} ms)\n`,
  );
}
