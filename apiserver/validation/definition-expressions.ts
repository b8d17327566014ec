import { boundsAt, boundsOf, repeats } from '../../cel/estimate/bounds.ts';
import { estimate } from '../../cel/estimate/estimate.ts';
import { withResourceFields } from '../../cel/check/schema-type.ts';
import { fieldForbidden, fieldInvalid } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema, ValidationRule } from '../../schema/schema.ts';
import { isProps, type JsonSchemaProps, structuralSchema } from './definition.ts';
import { ruleMost, SchemaCosts, type Times, times, tooMuch } from './definition-costs.ts';
import { type CompiledRule, compileRule } from './expression-rules.ts';
import { shownRule } from './internal-form.ts';

/** Rules of one version compiled at most; a definition is refused before it costs seconds. */
const rulesMax = 5_000;

/** Where rules stand. */
export interface RulePlace {
  path: string;
  /** Has apiVersion, kind and metadata whatever its schema says. */
  resource: boolean;
  /** Path of the map or list in which old and new no longer correspond, or ''. */
  uncorrelated: string;
  /** How often the value may be there, as maps and lists above say. */
  times: Times;
}

/**
 * The CEL rules of a definition's schema that do not compile or cost too much, and transition rules where
 * no old value can correspond, in upstream's words (apiextensions validation
 * ValidateCustomResourceDefinitionOpenAPISchema, cel_validation.go).
 */
export class ExpressionCheck {
  readonly causes: StatusCause[] = [];
  readonly costs = new SchemaCosts();
  /** What each costs is not looked at, only what they cost together. */
  readonly #unchanged: boolean;
  #rules = 0;

  constructor(unchanged: boolean) {
    this.#unchanged = unchanged;
  }

  check(props: JsonSchemaProps, place: RulePlace): void {
    const sent = props['x-kubernetes-validations'];
    const rules = Array.isArray(sent) ? (sent.filter(isProps) as unknown as ValidationRule[]) : [];
    if (rules.length === 0) return;
    const plain = structuralSchema(props);
    const schema = place.resource ? withResourceFields(plain) : plain;
    const { costOf, often } = costsIn(schema);
    for (const [i, rule] of rules.entries()) {
      if (++this.#rules > rulesMax) return;
      const at = `${place.path}.x-kubernetes-validations[${i}]`;
      const compiled = compileRule(rule, schema, costOf);
      const cost = times(compiled.cost, place.times ?? often);
      this.#charge(`${at}.rule`, 'estimated rule cost', cost);
      this.#report(compiled, at, place.uncorrelated);
    }
  }

  #charge(path: string, what: string, cost: bigint): void {
    this.costs.add(path, cost);
    if (this.#unchanged || cost <= ruleMost) return;
    this.causes.push(fieldForbidden(path, tooMuch(what, cost, ruleMost)));
  }

  #report(compiled: CompiledRule, at: string, uncorrelated: string): void {
    const { rule, error, messageError } = compiled;
    if (error !== undefined) this.causes.push(fieldInvalid(`${at}.rule`, shownRule(rule), error));
    if (messageError !== undefined) {
      this.causes.push(fieldInvalid(`${at}.messageExpression`, shownRule(rule), messageError));
    }
    // of a message, what it costs once
    const message = 'estimated messageExpression cost';
    this.#charge(`${at}.messageExpression`, message, compiled.messageCost);
    if (!compiled.transition) {
      if (rule.optionalOldSelf === undefined) return;
      const why = 'may not be set if oldSelf is not used in rule';
      this.causes.push(fieldInvalid(`${at}.optionalOldSelf`, rule.optionalOldSelf, why));
    } else if (uncorrelated !== '') {
      const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`;
      this.causes.push(fieldInvalid(`${at}.rule`, rule.rule, why));
    }
  }
}

/** What an expression over values of a schema costs at most, and how often such a value fits a request. */
function costsIn(schema: Schema): {
  costOf: Parameters<typeof compileRule>[2];
  often: bigint;
} {
  const bounds = boundsOf(schema);
  if (bounds === undefined) return { costOf: undefined, often: 1n };
  // whatever a way starts with is taken for the value itself
  const sizeAt = ([, ...steps]: readonly string[]): bigint | undefined => {
    const at = boundsAt(bounds, steps);
    return at && BigInt(at.most);
  };
  return { costOf: (typed) => estimate(typed, sizeAt).max, often: repeats(bounds) };
}
