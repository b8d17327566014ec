import { celTypeOf, uniqueName } from '../../cel/check/schema-type.ts';
import { optionalOf } from '../../cel/check/cel-type.ts';
import type { TypedExpression } from '../../cel/check/compile.ts';
import {
  ExpressionError,
  InstantiationError,
  type Program,
  programOf,
  readExpression,
  type Variables,
} from '../../cel/environment.ts';
import type { Schema, ValidationRule } from '../../schema/schema.ts';
import { namesOf } from './field-path.ts';

/** One rule made ready, or the reason why it cannot be. */
export interface CompiledRule {
  rule: ValidationRule;
  program: Program | undefined;
  error: string | undefined;
  message: Program | undefined;
  messageError: string | undefined;
  /** Where what is refused is told, below the value: `spec.color`, `labels[a]`; empty: at the value. */
  fieldPath: string;
  /** Names oldSelf. */
  transition: boolean;
  /** What rule and message may cost at most; 0 for what is not sound, or where nobody asks. */
  cost: bigint;
  messageCost: bigint;
}

/**
 * @param schema of the value that the rule is about
 * @param costOf what an expression costs at most
 */
export function compileRule(
  rule: ValidationRule,
  schema: Schema,
  costOf: (typed: TypedExpression) => bigint = () => 0n,
): CompiledRule {
  const self = celTypeOf(schema, uniqueName('selfType'));
  const optional = rule.optionalOldSelf === true;
  const variables = { self, oldSelf: optional && self !== undefined ? optionalOf(self) : self };
  const made = compile(rule.rule, variables, '');
  const compiled: CompiledRule = {
    rule,
    program: made.program,
    error: made.error,
    message: undefined,
    messageError: undefined,
    fieldPath: normalised(schema, rule.fieldPath ?? ''),
    transition: made.program?.uses('oldSelf') ?? false,
    cost: 0n,
    messageCost: 0n,
  };
  if (made.program !== undefined && made.program.resultType !== 'bool') {
    compiled.error = 'cel expression must evaluate to a bool';
  }
  // upstream looks at the message of a rule that is sound
  if (compiled.error !== undefined || made.typed === undefined) return compiled;
  compiled.cost = costOf(made.typed);
  if (!rule.messageExpression) return compiled;
  const message = compile(rule.messageExpression, variables, 'messageExpression ');
  compiled.messageError = message.error;
  if (message.typed === undefined) return compiled;
  if (message.program?.resultType === 'string') {
    compiled.message = message.program;
    compiled.messageCost = costOf(message.typed);
  } else compiled.messageError = 'messageExpression must evaluate to a string';
  return compiled;
}

/** `['a.b'].c` as upstream tells it: `a.b.c`; names of a map's keys in brackets. */
function normalised(schema: Schema, path: string): string {
  let shown = '';
  let at: Schema | undefined = schema;
  for (const name of namesOf(path)) {
    const holder: Schema | undefined = at;
    const property: Schema | undefined = holder?.properties?.[name];
    if (property === undefined) shown += `[${name}]`;
    else shown += shown === '' ? name : `.${name}`;
    at = property ?? holder?.additional;
  }
  return shown;
}

interface Made {
  typed?: TypedExpression;
  program?: Program;
  error?: string;
}

function compile(expression: string, variables: Variables, what: string): Made {
  try {
    const typed = readExpression(expression, variables);
    return { typed, program: programOf(typed, variables) };
  } catch (error) {
    if (error instanceof InstantiationError) {
      return { error: what === '' ? error.message : `${what}${error.reason}` };
    }
    if (!(error instanceof ExpressionError)) throw error;
    return { error: `${what}compilation failed: ${error.message}` };
  }
}
