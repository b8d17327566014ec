import { parseJson } from '../json.ts';
import { type FieldSet, isEmpty } from './field-set.ts';

/** Path elements as text: how they are read by people, and how a client's `fieldsV1` is checked. */

/** `.spec.containers[name="web"].image`, as conflicts show it. */
export function formatPath(path: readonly string[]): string {
  return path.map(formatElement).join('');
}

export function formatElement(element: string): string {
  const body = element.slice(2);
  switch (element.charAt(0)) {
    case 'f':
      return `.${body}`;
    case 'k': {
      const keys = Object.entries(parseJson(body) as object);
      return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
    }
    case 'v':
      return `[=${body}]`;
    default:
      return `[${body}]`;
  }
}

/**
 * Check the trie of a `fieldsV1` that a client sent.
 * @throws Error naming the first element that is none
 */
export function checkFields(fields: unknown): FieldSet {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new Error('fieldsV1 must be an object');
  }
  for (const [element, child] of Object.entries(fields)) {
    if (element !== '.') checkElement(element);
    const below = checkFields(child);
    if (element === '.' && !isEmpty(below)) throw new Error("'.' must not have children");
  }
  return fields as FieldSet;
}

function checkElement(element: string): void {
  const body = element.slice(2);
  const kind = element.slice(0, 2);
  if (kind === 'f:') return;
  if (kind === 'i:' && /^-?\d+$/.test(body)) return;
  if (kind === 'k:' || kind === 'v:') {
    const value: unknown = JSON.parse(body);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (kind === 'v:' || (isObject && Object.keys(value).length > 0)) return;
  }
  throw new Error(`invalid path element ${JSON.stringify(element)}`);
}

/** A JSON value inside an element, escaped as Go's encoder does. */
export function elementJson(value: unknown): string {
  const text = JSON.stringify(value);
  return /[<>&\u2028\u2029]/.test(text) ? text.replace(/[<>&\u2028\u2029]/g, unicode) : text;
}

function unicode(char: string): string {
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
