import { formatQuantity, quantityMilliValue } from '../../../object/quantity.ts';
import { quantityOrUndefined } from './resources-validation.ts';

/** Bytes come whole. */
export function fractionWarnings(amount: unknown, path: string): string[] {
  const quantity = amount === undefined ? undefined : quantityOrUndefined(amount);
  if (quantity === undefined || quantityMilliValue(quantity) % 1000 === 0) return [];
  const shown = JSON.stringify(formatQuantity(quantity));
  return [`${path}: fractional byte value ${shown} is invalid, must be an integer`];
}
