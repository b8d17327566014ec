import { readFileSync } from 'node:fs';
import type { Descriptions } from './generate.ts';

/** Descriptions of the built-in types, read when OpenAPI is first asked for. */
const file = new URL('./generated/descriptions.json', import.meta.url);
let descriptions: Descriptions | undefined;

export interface TypeDescription {
  /** Empty when there is none. */
  type: string;
  fields: Record<string, string>;
}

export function describeDefinition(definition: string): TypeDescription {
  descriptions ??= JSON.parse(readFileSync(file, 'utf8')) as Descriptions;
  const [type, fields] = descriptions[definition] ?? ['', {}];
  return { type, fields };
}

/** Gives the memory back; the next question reads the file again. */
export function forgetDescriptions(): void {
  descriptions = undefined;
}
