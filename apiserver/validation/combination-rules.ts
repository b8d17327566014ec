import type { Schema } from '../../schema/schema.ts';
import { type Check, type Sink, unplaced } from './value-rules.ts';

/** anyOf, oneOf, allOf and not: which alternatives hold, and what is told where they do not. */

/** @param compile makes the check of one alternative */
export function compileCombinations(
  { rules }: Schema,
  compile: (alternative: Schema) => Check,
): Check[] {
  const checks: Check[] = [];
  if (rules?.anyOf !== undefined && rules.anyOf.length > 0) {
    checks.push(anyOf(rules.anyOf.map(compile)));
  }
  if (rules?.oneOf !== undefined && rules.oneOf.length > 0) {
    checks.push(oneOf(rules.oneOf.map(compile)));
  }
  if (rules?.allOf !== undefined && rules.allOf.length > 0) {
    checks.push(allOf(rules.allOf.map(compile)));
  }
  if (rules?.not !== undefined) {
    const check = compile(rules.not);
    checks.push((value, sink) => {
      if (attempt(check, value, sink).causes.length === 0) {
        unplaced(sink, 'must not validate the schema (not)');
      }
    });
  }
  return checks;
}

/** Run an alternative on the side. */
function attempt(check: Check, value: unknown, { path }: Sink): Sink {
  const side: Sink = { causes: [], path: [...path], matched: 0 };
  check(value, side, undefined);
  return side;
}

function better(a: Sink | undefined, b: Sink): Sink {
  return a === undefined || b.matched > a.matched ? b : a;
}

function keep(sink: Sink, failed: Sink | undefined): void {
  if (failed === undefined) return;
  sink.matched += failed.matched;
  sink.causes.push(...failed.causes);
}

function anyOf(alternatives: readonly Check[]): Check {
  return (value, sink) => {
    let best: Sink | undefined;
    for (const alternative of alternatives) {
      const tried = attempt(alternative, value, sink);
      if (tried.causes.length === 0) {
        sink.matched += tried.matched;
        return;
      }
      best = better(best, tried);
    }
    unplaced(sink, 'must validate at least one schema (anyOf)');
    keep(sink, best);
  };
}

function oneOf(alternatives: readonly Check[]): Check {
  return (value, sink) => {
    let best: Sink | undefined;
    let valid = 0;
    for (const alternative of alternatives) {
      const tried = attempt(alternative, value, sink);
      if (tried.causes.length === 0) {
        valid++;
        if (valid === 1) sink.matched += tried.matched;
      } else if (valid === 0) {
        best = better(best, tried);
      }
    }
    if (valid === 1) return;
    const found = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
    unplaced(sink, `must validate one and only one schema (oneOf). ${found}`);
    if (valid === 0) keep(sink, best);
  };
}

function allOf(alternatives: readonly Check[]): Check {
  return (value, sink) => {
    let valid = 0;
    for (const alternative of alternatives) {
      const tried = attempt(alternative, value, sink);
      if (tried.causes.length === 0) valid++;
      sink.matched += tried.matched;
      sink.causes.push(...tried.causes);
    }
    if (valid === alternatives.length) return;
    unplaced(sink, `must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`);
  };
}
