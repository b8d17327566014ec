import { fieldInvalid } from '../../object/field-error.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema, ValidationRule } from '../../schema/schema.ts';
import { type JsonSchemaProps, structuralSchema } from './definition.ts';
import { type CompiledRule, compileRule, withResourceFields } from './expression-rules.ts';

/** Bytes of one version's rules compiled at most; a definition is refused before it costs seconds. */
const rulesMax = 5_000;

/**
 * The CEL rules of a definition's schema that do not compile, and transition rules where no old value
 * can correspond, in upstream's words (apiextensions validation ValidateCustomResourceDefinitionOpenAPISchema).
 * @param props a structural schema
 * @param path of the object that holds `openAPIV3Schema`
 */
export function expressionErrors(props: JsonSchemaProps, path: string): StatusCause[] {
  const check = new Check();
  check.walk(structuralSchema(props), `${path}.openAPIV3Schema`, true, undefined);
  return check.causes;
}

class Check {
  readonly causes: StatusCause[] = [];
  #rules = 0;

  /** @param broken path of the list in which old and new elements no longer correspond */
  walk(schema: Schema, path: string, isRoot: boolean, broken: string | undefined): void {
    const seen = isRoot || schema.embedded === true ? withResourceFields(schema) : schema;
    for (const [i, rule] of (schema.rules?.validations ?? []).entries()) {
      if (++this.#rules > rulesMax) return;
      const at = `${path}.x-kubernetes-validations[${i}]`;
      this.#report(compileRule(rule, seen), at, broken);
    }
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      this.walk(property, `${path}.properties[${name}]`, false, broken);
    }
    if (schema.items !== undefined) {
      const at = `${path}.items`;
      this.walk(schema.items, at, false, broken ?? (schema.listType === 'map' ? undefined : at));
    }
    if (schema.additional !== undefined) {
      this.walk(schema.additional, `${path}.additionalProperties`, false, broken);
    }
    for (const [i, part] of (schema.rules?.allOf ?? []).entries()) {
      this.walk(part, `${path}.allOf[${i}]`, false, broken);
    }
  }

  #report(compiled: CompiledRule, at: string, broken: string | undefined): void {
    const { rule, error, messageError } = compiled;
    if (error !== undefined) this.causes.push(fieldInvalid(`${at}.rule`, shown(rule), error));
    if (messageError !== undefined) {
      this.causes.push(fieldInvalid(`${at}.messageExpression`, shown(rule), messageError));
    }
    if (compiled.transition && broken !== undefined && rule.optionalOldSelf !== true) {
      const why = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${broken}`;
      this.causes.push(fieldInvalid(`${at}.rule`, rule.rule, why));
    }
  }
}

/** As upstream prints its own form of a rule. */
function shown(rule: ValidationRule): Record<string, unknown> {
  return {
    Rule: rule.rule,
    Message: rule.message ?? '',
    MessageExpression: rule.messageExpression ?? '',
    Reason: rule.reason ?? null,
    FieldPath: rule.fieldPath ?? '',
    OptionalOldSelf: rule.optionalOldSelf ?? null,
  };
}
