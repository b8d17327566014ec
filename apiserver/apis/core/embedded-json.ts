import { jsonSyntaxError } from '../../../schema/json-syntax.ts';
import type { Plain } from '../plain.ts';

/**
 * JSON in a string, as Go reads it into a type: annotations from before there was a field, and keys of
 * Secrets. A text is the reason why it cannot be read.
 */

/** `goType` as Go's decoder names it in its refusal: `[]core.Taint`. */
export function readJsonList(text: string, goType: string): Plain[] | string {
  const value = readJson(text);
  if (typeof value === 'string') return value;
  if (value.json === null) return [];
  return Array.isArray(value.json) ? value.json : wrongType(value.json, goType);
}

export function readJsonObject(text: string, goType: string): Plain | string {
  const value = readJson(text);
  if (typeof value === 'string') return value;
  if (value.json === null) return {};
  const isObject = typeof value.json === 'object' && !Array.isArray(value.json);
  return isObject ? (value.json as Plain) : wrongType(value.json, goType);
}

function readJson(text: string): { json: unknown } | string {
  try {
    return { json: JSON.parse(text, lowerFirst) as unknown };
  } catch (error) {
    return jsonSyntaxError(text) ?? String(error);
  }
}

/** Go finds fields whatever the case of their names. */
function lowerFirst(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const fields = Object.entries(value).map(([name, field]): [string, unknown] => [
    name.charAt(0).toLowerCase() + name.slice(1),
    field,
  ]);
  return Object.fromEntries(fields);
}

function wrongType(value: unknown, goType: string): string {
  const kinds: Record<string, string> = { boolean: 'bool', object: 'object' };
  const kind = Array.isArray(value) ? 'array' : (kinds[typeof value] ?? typeof value);
  return `json: cannot unmarshal ${kind} into Go value of type ${goType}`;
}
