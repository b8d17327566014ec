import {
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityMilliValue,
} from '../../object/quantity.ts';

/** Metrics are counted in thousandths, whole ones (resource.Quantity MilliValue). */

export function milliOf(quantity: string | number | Quantity): bigint {
  const parsed = typeof quantity === 'object' ? quantity : parseQuantity(String(quantity));
  return BigInt(quantityMilliValue(parsed));
}

/** As a quantity's text: 1500 is `1500m`, 2000 is `2`. */
export function milliText(value: bigint): string {
  return formatQuantity({ nano: value * 1_000_000n, format: 'DecimalSI' });
}
