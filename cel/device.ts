import { any, bool, type CelType, mapOf, string, struct } from './check/cel-type.ts';
import { ExpressionError, InstantiationError, programOf, readExpression } from './environment.ts';
import { type Bounds, boundsAt } from './estimate/bounds.ts';
import { estimate } from './estimate/estimate.ts';

/** Selectors of devices (k8s.io/dynamic-resource-allocation cel compile.go): they see `device`. */

const fields: Readonly<Record<string, CelType>> = {
  driver: string,
  attributes: mapOf(string, mapOf(string, any)),
  capacity: mapOf(string, mapOf(string, struct('kubernetes.Quantity'))),
  allowMultipleAllocations: bool,
};
export const device = struct('kubernetes.DRADevice', (name) => fields[name]);

/** As large as API validation lets devices be. */
const attribute: Bounds = { most: 64, bytes: 1 };
const id: Bounds = { most: 32, bytes: 2 };
const domain: Bounds = { most: 63, bytes: 2 };
const mapMost = 32;
const byDomain = (element: Bounds): Bounds => ({ most: mapMost, bytes: 2, key: domain, element });
const bounds: Bounds = {
  most: 0,
  bytes: 2,
  fields: new Map([
    ['driver', domain],
    ['allowMultipleAllocations', { most: 1, bytes: 4 }],
    [
      'attributes',
      byDomain({ most: mapMost, bytes: 2, key: id, element: attribute, named: attribute }),
    ],
    ['capacity', byDomain({ most: mapMost, bytes: 2, key: id, element: { most: 0, bytes: 8 } })],
  ]),
};

export function sizeAt([variable, ...steps]: readonly string[]): bigint | undefined {
  const at = variable === 'device' ? boundsAt(bounds, steps) : undefined;
  return at && BigInt(at.most);
}

/** What evaluating a selector for one device may cost (resource/v1 CELSelectorExpressionMaxCost). */
const costMost = 1_000_000n;

export interface DeviceSelector {
  /** Why it selects no devices; undefined when it does. */
  error: string | undefined;
  tooComplex: boolean;
}

export function deviceSelector(expression: string): DeviceSelector {
  try {
    const typed = readExpression(expression, { device }, { bind: true });
    const { resultType: type } = programOf(typed, { device });
    if (type !== 'bool' && type !== any.name) {
      const error = `must evaluate to bool or the unknown type, not ${type}`;
      return { error, tooComplex: false };
    }
    return { error: undefined, tooComplex: estimate(typed, sizeAt).max > costMost };
  } catch (error) {
    if (error instanceof InstantiationError) return { error: error.message, tooComplex: false };
    if (!(error instanceof ExpressionError)) throw error;
    return { error: `compilation failed: ${error.message}`, tooComplex: false };
  }
}
