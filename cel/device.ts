import type { Schema } from '../schema/schema.ts';
import { compileExpression, ExpressionError } from './environment.ts';

/** Selectors of devices (k8s.io/dynamic-resource-allocation cel compile.go): they see `device`. */

const anything: Schema = { type: 'any' };
const byDomain: Schema = {
  type: 'object',
  additional: { type: 'object', additional: anything },
};

const device: Schema = {
  type: 'object',
  properties: {
    driver: { type: 'string' },
    attributes: byDomain,
    capacity: byDomain,
    allowMultipleAllocations: { type: 'boolean' },
  },
};

/** Why the expression selects no devices; undefined when it does. */
export function deviceSelectorError(expression: string): string | undefined {
  try {
    const { resultType: type } = compileExpression(expression, { device });
    if (type === 'bool' || type === 'dyn') return undefined;
    return `must evaluate to bool or the unknown type, not ${type}`;
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    return `compilation failed: ${error.message}`;
  }
}
