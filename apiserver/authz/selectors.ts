import { formatFieldSelector, parseFieldSelector } from '../../object/field-selector.ts';
import {
  formatLabelSelector,
  type LabelOperator,
  newRequirement,
  parseLabelSelector,
} from '../../object/selector.ts';

/**
 * The selectors of a request as authorizers see them: requirements, of which those that are not
 * understood are left out, since each only narrows what is asked for
 * (plugin/pkg/authorizer/webhook, pkg/registry/authorization/util).
 */
export interface SelectorRequirement {
  key: string;
  operator: string;
  values?: readonly string[];
}

export interface SelectorAttributes {
  rawSelector?: string;
  requirements?: Partial<SelectorRequirement>[];
}

/** Of the text of a field selector; nothing where it cannot be read. */
export function fieldRequirements(text: string): SelectorRequirement[] {
  try {
    return parseFieldSelector(text).map(({ field, operator, value }) => ({
      key: field,
      operator: operator === '=' ? 'In' : 'NotIn',
      values: [value],
    }));
  } catch {
    return [];
  }
}

const shownOperators: Partial<Record<LabelOperator, string>> = {
  '=': 'In',
  '==': 'In',
  in: 'In',
  '!=': 'NotIn',
  notin: 'NotIn',
  exists: 'Exists',
  '!': 'DoesNotExist',
};

/** Of the text of a label selector; nothing where it cannot be read. */
export function labelRequirements(text: string): SelectorRequirement[] {
  try {
    return parseLabelSelector(text).requirements.flatMap(({ key, operator, values }) => {
      const shown = shownOperators[operator];
      if (shown === undefined) return [];
      return [{ key, operator: shown, ...(values.length === 0 ? {} : { values }) }];
    });
  } catch {
    return [];
  }
}

/** A selector of a review as a text, as far as it can be read, and whether that is all of it. */
export interface ReadSelector {
  text: string;
  whole: boolean;
}

export function readFieldSelector({ rawSelector, requirements }: SelectorAttributes): ReadSelector {
  if (!requirements?.length) return readRaw(rawSelector, parseFieldSelector);
  const known = requirements.flatMap(({ key = '', operator = '', values = [] }) => {
    const [value] = values;
    if (value === undefined || values.length > 1) return [];
    if (operator !== 'In' && operator !== 'NotIn') return [];
    return [{ field: key, operator: operator === 'In' ? '=' : '!=', value } as const];
  });
  return { text: formatFieldSelector(known), whole: known.length === requirements.length };
}

const operators: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

export function readLabelSelector({ rawSelector, requirements }: SelectorAttributes): ReadSelector {
  if (!requirements?.length) return readRaw(rawSelector, parseLabelSelector);
  const known = requirements.flatMap(({ key = '', operator = '', values = [] }) => {
    const meant = operators[operator];
    if (meant === undefined) return [];
    try {
      return [newRequirement(key, meant, [...new Set(values)].toSorted())];
    } catch {
      return [];
    }
  });
  return {
    text: formatLabelSelector({ requirements: known, nothing: false }),
    whole: known.length === requirements.length,
  };
}

function readRaw(text = '', parse: (text: string) => unknown): ReadSelector {
  try {
    parse(text);
    return { text, whole: true };
  } catch {
    return { text: '', whole: false };
  }
}
