import { compileExpression, type Program } from '../../cel/environment.ts';
import { toCel } from '../../cel/value.ts';
import type { KubeObject } from '../../object/object.ts';
import type { StatusCause } from '../../object/status-error.ts';
import type { Schema, ValidationRule } from '../../schema/schema.ts';

/**
 * x-kubernetes-validations: CEL rules at any node of a structural schema, run over the values that
 * node describes. Rules that name oldSelf are transition rules: they run only where an old value
 * corresponds (apiextensions-apiserver schema/cel).
 */
export interface Expressions {
  /** What the rules refuse. Old undefined: a create, transition rules do not run. */
  validate(object: KubeObject, old: KubeObject | undefined): StatusCause[];
}

interface CompiledRule {
  rule: ValidationRule;
  program: Program;
  message: Program | undefined;
  transition: boolean;
}

interface Node {
  schema: Schema;
  rules: readonly CompiledRule[];
  properties: readonly (readonly [string, Node])[];
  items: Node | undefined;
  additional: Node | undefined;
}

/** @throws ExpressionError for a rule that does not compile */
export function compileExpressions(schema: Schema): Expressions {
  const root = compileNode(schema);
  return {
    validate(object, old) {
      if (root === undefined) return [];
      const causes: StatusCause[] = [];
      walk(root, { value: object, old, path: '' }, causes);
      return causes;
    },
  };
}

/** Undefined where no rule is below: such parts of an object are not visited. */
function compileNode(schema: Schema): Node | undefined {
  const rules = (schema.rules?.validations ?? []).map(compileRule);
  const properties: [string, Node][] = [];
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const node = compileNode(property);
    if (node !== undefined) properties.push([name, node]);
  }
  const items = schema.items === undefined ? undefined : compileNode(schema.items);
  const additional = schema.additional === undefined ? undefined : compileNode(schema.additional);
  if (rules.length + properties.length === 0 && items === undefined && additional === undefined) {
    return undefined;
  }
  return { schema, rules, properties, items, additional };
}

function compileRule(rule: ValidationRule): CompiledRule {
  const variables = ['self', 'oldSelf'];
  return {
    rule,
    program: compileExpression(rule.rule, variables),
    message:
      rule.messageExpression === undefined
        ? undefined
        : compileExpression(rule.messageExpression, variables),
    transition: /\boldSelf\b/.test(rule.rule),
  };
}

interface Place {
  value: unknown;
  old: unknown;
  path: string;
}

function walk(node: Node, place: Place, causes: StatusCause[]): void {
  const { value, old, path } = place;
  if (value === undefined || value === null) return;
  runRules(node, place, causes);
  if (Array.isArray(value)) {
    if (node.items === undefined) return;
    const previous = correlated(node.schema, old);
    value.forEach((item, index) => {
      const at = { value: item, old: previous(item), path: `${path}[${index}]` };
      walk(node.items as Node, at, causes);
    });
    return;
  }
  if (typeof value !== 'object') return;
  const fields = value as Record<string, unknown>;
  const before = (old ?? {}) as Record<string, unknown>;
  for (const [name, property] of node.properties) {
    const below = path === '' ? name : `${path}.${name}`;
    walk(property, { value: fields[name], old: before[name], path: below }, causes);
  }
  if (node.additional === undefined) return;
  for (const [key, field] of Object.entries(fields)) {
    if (node.schema.properties?.[key] !== undefined) continue;
    walk(node.additional, { value: field, old: before[key], path: `${path}[${key}]` }, causes);
  }
}

/** The old element that is the same one: by map keys; other lists have no correspondence. */
function correlated(schema: Schema, old: unknown): (item: unknown) => unknown {
  const keys = schema.listMapKeys;
  if (schema.listType !== 'map' || keys === undefined || !Array.isArray(old))
    return () => undefined;
  const identity = (item: unknown): string =>
    JSON.stringify(keys.map((key) => (item as Record<string, unknown>)?.[key]));
  const byIdentity = new Map(old.map((item) => [identity(item), item]));
  return (item) => byIdentity.get(identity(item));
}

function runRules(node: Node, { value, old, path }: Place, causes: StatusCause[]): void {
  if (node.rules.length === 0) return;
  const hasOld = old !== undefined && old !== null;
  const self = toCel(value, node.schema);
  const oldSelf = hasOld ? toCel(old, node.schema) : undefined;
  for (const compiled of node.rules) {
    if (compiled.transition && !hasOld && compiled.rule.optionalOldSelf !== true) continue;
    const cause = judge(compiled, { self, oldSelf: oldSelf ?? null }, value, path);
    if (cause !== undefined) causes.push(cause);
  }
}

function judge(
  { rule, program, message }: CompiledRule,
  variables: Record<string, unknown>,
  value: unknown,
  path: string,
): StatusCause | undefined {
  const field = rule.fieldPath === undefined ? path : path + rule.fieldPath;
  try {
    if (program.evaluate(variables) === true) return undefined;
  } catch (error) {
    return invalidCause(field, value, `rule: ${rule.rule}: ${(error as Error).message}`);
  }
  const text = messageOf(rule, message, variables);
  switch (rule.reason) {
    case 'FieldValueForbidden':
      return { reason: rule.reason, message: `Forbidden: ${text}`, field };
    case 'FieldValueRequired':
      return { reason: rule.reason, message: `Required value: ${text}`, field };
    case 'FieldValueDuplicate':
      return { reason: rule.reason, message: `Duplicate value: ${shown(value)}`, field };
    default:
      return invalidCause(field, value, text);
  }
}

function messageOf(
  rule: ValidationRule,
  message: Program | undefined,
  variables: Record<string, unknown>,
): string {
  if (message !== undefined) {
    try {
      const text = message.evaluate(variables);
      if (typeof text === 'string' && text.trim() !== '' && !text.includes('\n')) return text;
    } catch {
      // the fixed message, or the rule itself, says it then
    }
  }
  return rule.message ?? `failed rule: ${rule.rule.trim()}`;
}

function invalidCause(field: string, value: unknown, text: string): StatusCause {
  const at = field === '' ? '<nil>' : field;
  return {
    reason: 'FieldValueInvalid',
    message: `Invalid value: ${shown(value)}: ${text}`,
    field: at,
  };
}

/** Upstream names the type of what is not a scalar. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return '"array"';
  if (value !== null && typeof value === 'object') return '"object"';
  return JSON.stringify(value);
}
