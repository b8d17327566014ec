import { tooLong } from '../../object/name.ts';

const portNamePattern = /^[-a-z0-9]+$/;

/** IANA_SVC_NAME, RFC 6335 (k8s.io/apimachinery util/validation IsValidPortName). */
export function portNameErrors(name: string): string[] {
  const errors: string[] = [];
  if (name.length > 15) errors.push(tooLong(15));
  if (!portNamePattern.test(name)) {
    errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)');
  }
  if (!/[a-z]/.test(name)) errors.push('must contain at least one letter (a-z)');
  if (name.includes('--')) errors.push('must not contain consecutive hyphens');
  if (name.startsWith('-') || name.endsWith('-')) {
    errors.push('must not begin or end with a hyphen');
  }
  return errors;
}

const portNumberMessage = 'must be between 1 and 65535, inclusive';

/** A port by number or by a container port's name. */
export function portErrors(port: number | string): string[] {
  if (typeof port === 'string') return portNameErrors(port);
  return port >= 1 && port <= 65535 ? [] : [portNumberMessage];
}

/** What can stand in an environment: printable ASCII without '='. */
export function environmentNameErrors(name: string): string[] {
  if (name !== '' && /^[ -<>-~]+$/.test(name)) return [];
  return [
    "a valid environment variable name must consist only of printable ASCII characters other than '='",
  ];
}

const percentPattern = /^[0-9]+%$/;

/** int-or-string as a count or a percentage (apps validation ValidatePositiveIntOrPercent). */
export function intOrPercentErrors(value: number | string): string[] {
  if (typeof value === 'number') return value < 0 ? ['must be greater than or equal to 0'] : [];
  if (percentPattern.test(value)) return [];
  return [
    "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%',  or '93%', regex used for validation is '[0-9]+%')",
  ];
}

/** The number of `50%`; undefined for a plain count. */
export function percentOf(value: unknown): number | undefined {
  return typeof value === 'string' && percentPattern.test(value)
    ? Number.parseInt(value, 10)
    : undefined;
}
