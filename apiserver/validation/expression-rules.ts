import { celTypeOf, uniqueName } from '../../cel/check/schema-type.ts';
import { optionalOf } from '../../cel/check/cel-type.ts';
import { compileExpression, ExpressionError, type Program } from '../../cel/environment.ts';
import type { Schema, ValidationRule } from '../../schema/schema.ts';

/** One rule made ready, or the reason why it cannot be. */
export interface CompiledRule {
  rule: ValidationRule;
  program: Program | undefined;
  error: string | undefined;
  message: Program | undefined;
  messageError: string | undefined;
  /** Names oldSelf. */
  transition: boolean;
}

/** @param schema of the value that the rule is about */
export function compileRule(rule: ValidationRule, schema: Schema): CompiledRule {
  const self = celTypeOf(schema, uniqueName('selfType'));
  const optional = rule.optionalOldSelf === true;
  const variables = { self, oldSelf: optional && self !== undefined ? optionalOf(self) : self };
  const compiled: CompiledRule = {
    rule,
    program: undefined,
    error: undefined,
    message: undefined,
    messageError: undefined,
    transition: false,
  };
  try {
    compiled.program = compileExpression(rule.rule, variables);
    compiled.transition = compiled.program.uses('oldSelf');
    if (compiled.program.resultType !== 'bool') {
      compiled.error = 'cel expression must evaluate to a bool';
    }
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    compiled.error = `compilation failed: ${error.message}`;
  }
  // upstream looks at the message of a rule that is sound
  if (compiled.error !== undefined || !rule.messageExpression) return compiled;
  try {
    const message = compileExpression(rule.messageExpression, variables);
    if (message.resultType === 'string') compiled.message = message;
    else compiled.messageError = 'messageExpression must evaluate to a string';
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    compiled.messageError = `messageExpression compilation failed: ${error.message}`;
  }
  return compiled;
}

const text: Schema = { type: 'string' };

/** What rules see of every whole object: apiVersion, kind and of metadata only the name. */
export function withResourceFields(schema: Schema): Schema {
  return {
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: text,
      kind: text,
      metadata: { type: 'object', properties: { name: text, generateName: text } },
    },
  };
}
