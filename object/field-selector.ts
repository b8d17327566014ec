import { badRequest } from './status-error.ts';

/**
 * Field selectors: `metadata.name=web,status.phase!=Running` (k8s.io/apimachinery fields).
 * Backslash escapes a comma, an equals sign or a backslash in a value.
 */

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** A conjunction; empty matches everything. */
export type FieldSelector = readonly FieldRequirement[];

/** Fields the object does not have count as the empty string. Allocates nothing. */
export function matchesFields(
  selector: FieldSelector,
  fields: Readonly<Record<string, string>>,
): boolean {
  for (let i = 0; i < selector.length; i++) {
    const { field, operator, value } = selector[i] as FieldRequirement;
    const found: unknown = fields[field];
    const actual = typeof found === 'string' ? found : '';
    if ((actual === value) !== (operator === '=')) return false;
  }
  return true;
}

/** The one value a field must have, when the selector says so. */
export function exactField(selector: FieldSelector, field: string): string | undefined {
  return selector.find((r) => r.field === field && r.operator === '=')?.value;
}

export function formatFieldSelector(selector: FieldSelector): string {
  return selector.map((r) => `${r.field}${r.operator}${escapeFieldValue(r.value)}`).join(',');
}

export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, (c) => `\\${c}`);
}

/**
 * @param refusal asked for each field when given: why it cannot be selected by, if it cannot
 * @throws StatusError 400: not understood, or refused
 */
export function parseFieldSelector(
  text: string,
  refusal?: (field: string) => string | undefined,
): FieldSelector {
  const selector: FieldRequirement[] = [];
  for (const term of splitTerms(text)) {
    if (term === '') continue;
    const split = splitTerm(term);
    if (split === undefined) {
      throw badRequest(`invalid selector: '${text}'; can't understand '${term}'`);
    }
    const value = unescape(split.value);
    // of nothing, nothing is asked
    if (split.field !== '' || value !== '') selector.push({ ...split, value });
  }
  selector.sort((a, b) => (a.field < b.field ? -1 : a.field > b.field ? 1 : 0));
  for (const { field } of selector) {
    const why = refusal?.(field);
    if (why !== undefined) throw badRequest(why);
  }
  return selector;
}

/** Split at commas that no backslash precedes. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms;
}

function splitTerm(term: string): FieldRequirement | undefined {
  for (let i = 0; i < term.length; i++) {
    const field = term.slice(0, i);
    if (term.startsWith('!=', i)) return { field, operator: '!=', value: term.slice(i + 2) };
    if (term.startsWith('==', i)) return { field, operator: '=', value: term.slice(i + 2) };
    if (term[i] === '=') return { field, operator: '=', value: term.slice(i + 1) };
  }
  return undefined;
}

function unescape(value: string): string {
  if (!/[\\,=]/.test(value)) return value;
  let out = '';
  for (let i = 0; i < value.length; i++) {
    const c = value.charAt(i);
    if (c === '\\') {
      const escaped = value.charAt(++i);
      if (escaped === '' || !'\\,='.includes(escaped)) {
        throw badRequest(`invalid field selector: invalid escape sequence: \\${escaped}`);
      }
      out += escaped;
    } else if (c === ',' || c === '=') {
      // upstream prints the rune as the number it is
      const rune = c.charCodeAt(0);
      throw badRequest(`invalid field selector: unescaped character in value: ${rune}`);
    } else {
      out += c;
    }
  }
  return out;
}
