import { fieldInvalid } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { ValidationRule } from '../../schema/schema.ts';
import { isProps, type JsonSchemaProps, structuralSchema } from './definition.ts';
import { type CompiledRule, compileRule, withResourceFields } from './expression-rules.ts';
import { shownRule } from './internal-form.ts';

/** Rules of one version compiled at most; a definition is refused before it costs seconds. */
const rulesMax = 5_000;

/**
 * The CEL rules of a definition's schema that do not compile, and transition rules where no old value
 * can correspond, in upstream's words (apiextensions validation ValidateCustomResourceDefinitionOpenAPISchema,
 * cel_validation.go).
 */
export class ExpressionCheck {
  readonly causes: StatusCause[] = [];
  #rules = 0;

  /**
   * @param resource has apiVersion, kind and metadata whatever its schema says
   * @param uncorrelated path of the map or list in which old and new no longer correspond, or ''
   */
  check(props: JsonSchemaProps, path: string, resource: boolean, uncorrelated: string): void {
    const sent = props['x-kubernetes-validations'];
    const rules = Array.isArray(sent) ? (sent.filter(isProps) as unknown as ValidationRule[]) : [];
    if (rules.length === 0) return;
    const plain = structuralSchema(props);
    const schema = resource ? withResourceFields(plain) : plain;
    for (const [i, rule] of rules.entries()) {
      if (++this.#rules > rulesMax) return;
      const at = `${path}.x-kubernetes-validations[${i}]`;
      this.#report(compileRule(rule, schema), at, uncorrelated);
    }
  }

  #report(compiled: CompiledRule, at: string, uncorrelated: string): void {
    const { rule, error, messageError } = compiled;
    if (error !== undefined) this.causes.push(fieldInvalid(`${at}.rule`, shownRule(rule), error));
    if (messageError !== undefined) {
      this.causes.push(fieldInvalid(`${at}.messageExpression`, shownRule(rule), messageError));
    }
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
