import { readFileSync } from 'node:fs';
import type { Descriptions } from './generate.ts';

/** Descriptions of the built-in types, read when OpenAPI is asked for and let go under pressure. */
const file = new URL('./generated/descriptions.json', import.meta.url);
let held: WeakRef<Descriptions> | undefined;

export interface TypeDescription {
  /** Empty when there is none. */
  type: string;
  fields: Record<string, string>;
}

export function describeDefinition(definition: string): TypeDescription {
  let descriptions = held?.deref();
  if (descriptions === undefined) {
    descriptions = JSON.parse(readFileSync(file, 'utf8')) as Descriptions;
    held = new WeakRef(descriptions);
  }
  const [type, fields] = descriptions[definition] ?? ['', {}];
  return { type, fields };
}
