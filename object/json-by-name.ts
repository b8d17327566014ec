import { setOwn } from './copy.ts';
import { jsonText } from './json-text.ts';

/**
 * JSON with the fields of every map by name, as Go's encoder writes maps. That is what custom objects
 * are upstream, where the fields of built-in kinds stand as their Go types have them.
 */
export function jsonByName(value: unknown, indent?: number): string {
  return orderedText(orderedByName(value), indent);
}

/**
 * A value in that order, to be written by {@link orderedText}: the same where nothing is out of
 * order, otherwise made anew as far as it is. Most clients send most maps in order.
 */
export function orderedByName<T>(value: T): T {
  return ordered(value, true) as T;
}

/** The same to be worked with: only keys that are numbers stand as JavaScript has them. */
export function sortedByName<T>(value: T): T {
  return ordered(value, false) as T;
}

/** JSON of what may hold {@link orderedByName} values. */
export function orderedText(value: unknown, indent?: number): string {
  return unmarked(jsonText(value, indent));
}

/** JSON of such a value that was written by another writer. */
export function unmarked(text: string): string {
  return text.includes(writtenMark) ? text.replaceAll(writtenMark, '"') : text;
}

/**
 * JavaScript puts keys that are numbers first, by their value. One behind half of a surrogate pair
 * is none, and no text that a client sent begins with such a half.
 */
const mark = '\ud800';
const writtenMark = '"\\ud800';

function ordered(value: unknown, toWrite: boolean): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Array.isArray(value) ? list(value, toWrite) : map(value as Fields, toWrite);
}

type Fields = Record<string, unknown>;

function list(items: unknown[], toWrite: boolean): unknown[] {
  let made: unknown[] | undefined;
  for (let i = 0; i < items.length; i++) {
    const item = ordered(items[i], toWrite);
    if (item === items[i]) continue;
    made ??= [...items];
    made[i] = item;
  }
  return made ?? items;
}

function map(fields: Fields, toWrite: boolean): Fields {
  const names = Object.keys(fields);
  const kept = inOrder(names);
  let made: Fields | undefined = kept ? undefined : {};
  if (!kept) sort(names);
  for (const name of names) {
    const field = fields[name];
    const next = ordered(field, toWrite);
    if (kept && next === field) continue;
    made ??= { ...fields };
    setOwn(made, kept || !toWrite ? name : marked(name), next);
  }
  return made ?? fields;
}

function inOrder(names: readonly string[]): boolean {
  for (let i = 1; i < names.length; i++) {
    if ((names[i - 1] as string) > (names[i] as string)) return false;
  }
  return true;
}

/** Calling the engine's sort costs more than inserting a few. */
const fewNames = 24;

function sort(names: string[]): void {
  if (names.length > fewNames) {
    names.sort();
    return;
  }
  for (let i = 1; i < names.length; i++) {
    const name = names[i] as string;
    let at = i;
    for (; at > 0 && (names[at - 1] as string) > name; at--) names[at] = names[at - 1] as string;
    names[at] = name;
  }
}

function marked(name: string): string {
  const first = name.charCodeAt(0);
  return first >= 0x30 && first <= 0x39 ? mark + name : name;
}
