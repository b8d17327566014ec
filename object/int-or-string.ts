/** IntOrString: a number, or a string that is a number, a percentage or a name (util/intstr). */
export type IntOrString = number | string;

/** True for `25%`. */
export function isPercent(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9]+%$/.test(value);
}

/** The number, or what a decimal string says; 0 for anything else, as upstream's IntValue. */
export function intValue(value: IntOrString): number {
  if (typeof value === 'number') return value;
  return /^[+-]?\d+$/.test(value) ? Number(value) : 0;
}

/**
 * The number, or that percentage of `total`.
 * @throws Error upstream's text when a string is no percentage
 */
export function scaledValue(value: IntOrString, total: number, roundUp: boolean): number {
  if (typeof value === 'number') return value;
  if (!value.endsWith('%')) {
    throw new Error('invalid value for IntOrString: invalid type: string is not a percentage');
  }
  const digits = value.slice(0, -1);
  if (!/^[+-]?\d+$/.test(digits)) {
    const shown = JSON.stringify(value);
    throw new Error(
      `invalid value for IntOrString: invalid value ${shown}: strconv.Atoi: parsing ${JSON.stringify(digits)}: invalid syntax`,
    );
  }
  const share = (Number(digits) * total) / 100;
  return roundUp ? Math.ceil(share) : Math.floor(share);
}
