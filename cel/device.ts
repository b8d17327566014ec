import { any, bool, type CelType, mapOf, string, struct } from './check/cel-type.ts';
import { compileExpression, ExpressionError } from './environment.ts';

/** Selectors of devices (k8s.io/dynamic-resource-allocation cel compile.go): they see `device`. */

const fields: Readonly<Record<string, CelType>> = {
  driver: string,
  attributes: mapOf(string, mapOf(string, any)),
  capacity: mapOf(string, mapOf(string, struct('kubernetes.Quantity'))),
  allowMultipleAllocations: bool,
};
const device = struct('kubernetes.DRADevice', (name) => fields[name]);

/** Why the expression selects no devices; undefined when it does. */
export function deviceSelectorError(expression: string): string | undefined {
  try {
    const { resultType: type } = compileExpression(expression, { device });
    if (type === 'bool' || type === any.name) return undefined;
    return `must evaluate to bool or the unknown type, not ${type}`;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return `compilation failed: ${error.message}`;
  }
}
