/**
 * The formats of names, label keys and label values, with upstream's explanations
 * (k8s.io/apimachinery api/validate/content, util/validation). Each function answers every problem
 * found; none means valid. Lengths are in bytes, as Go counts.
 */

const label1123 = '[a-z0-9]([-a-z0-9]*[a-z0-9])?';
const subdomain = `${label1123}(\\.${label1123})*`;
const label1035 = '[a-z]([-a-z0-9]*[a-z0-9])?';
const labelKey = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]';
const labelValue = `(${labelKey})?`;

const label1123Pattern = new RegExp(`^${label1123}$`);
const subdomainPattern = new RegExp(`^${subdomain}$`);
const label1035Pattern = new RegExp(`^${label1035}$`);
const labelKeyPattern = new RegExp(`^${labelKey}$`);
const labelValuePattern = new RegExp(`^${labelValue}$`);

const label1123Message =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character";
const subdomainMessage =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character";
const label1035Message =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character";
const labelKeyMessage =
  "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
const labelValueMessage =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";

const none: readonly string[] = [];

/** Of names; what upstream counts in both cases is bytes. */
export function tooLong(limit: number): string {
  return `must be no more than ${limit} characters`;
}

/** Of label keys and values, which upstream validates by newer functions. */
function tooManyBytes(limit: number): string {
  return `must be no more than ${limit} bytes`;
}

/** Upstream's RegexError: the message, examples, the pattern. */
export function patternError(message: string, pattern: string, ...examples: string[]): string {
  if (examples.length === 0) return `${message} (regex used for validation is '${pattern}')`;
  const shown = examples.map((e) => `'${e}', `).join(' or ');
  return `${message} (e.g. ${shown}regex used for validation is '${pattern}')`;
}

/** Bytes of UTF-8. */
export function byteLength(text: string): number {
  return Buffer.byteLength(text);
}

/** A quick bound: UTF-16 units never outnumber UTF-8 bytes, and a third of them always fits. */
function longerThan(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && byteLength(text) > limit;
}

export function dns1123LabelErrors(value: string): readonly string[] {
  const long = longerThan(value, 63);
  const fits = label1123Pattern.test(value);
  if (!long && fits) return none;
  const errors = long ? [tooLong(63)] : [];
  if (!fits) {
    errors.push(
      subdomainPattern.test(value)
        ? 'must not contain dots'
        : patternError(label1123Message, label1123, 'my-name', '123-abc'),
    );
  }
  return errors;
}

export function dns1123SubdomainErrors(value: string): readonly string[] {
  return checked(value, 253, subdomainPattern, () =>
    patternError(subdomainMessage, subdomain, 'example.com'),
  );
}

const wildcard = `\\*\\.${subdomain}`;
const wildcardPattern = new RegExp(`^${wildcard}$`);
const wildcardMessage =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character";

/** `*.example.com`. */
export function wildcardSubdomainErrors(value: string): readonly string[] {
  return checked(value, 253, wildcardPattern, () =>
    patternError(wildcardMessage, wildcard, '*.example.com'),
  );
}

export function dns1035LabelErrors(value: string): readonly string[] {
  return checked(value, 63, label1035Pattern, () =>
    patternError(label1035Message, label1035, 'my-name', 'abc-123'),
  );
}

export function labelValueErrors(value: string): readonly string[] {
  return checked(
    value,
    63,
    labelValuePattern,
    () => patternError(labelValueMessage, labelValue, 'MyValue', 'my_value', '12345'),
    tooManyBytes,
  );
}

/** Label keys, annotation keys (lower-cased first) and finalizers: `[prefix/]name`. */
export function labelKeyErrors(value: string): readonly string[] {
  const slash = value.indexOf('/');
  if (slash >= 0 && value.includes('/', slash + 1)) {
    const shape = patternError(labelKeyMessage, labelKey, 'MyName', 'my.name', '123-abc');
    return [
      `a valid label key ${shape} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ];
  }
  const name = value.slice(slash + 1);
  const prefix = slash >= 0 ? prefixErrors(value.slice(0, slash)) : none;
  const long = longerThan(name, 63);
  const fits = labelKeyPattern.test(name);
  if (fits && !long && prefix.length === 0) return none;
  const errors = [...prefix];
  if (name === '') errors.push('name part must be non-empty');
  else if (long) errors.push(`name part ${tooManyBytes(63)}`);
  if (!fits) {
    const shape = patternError(labelKeyMessage, labelKey, 'MyName', 'my.name', '123-abc');
    errors.push(`name part ${shape}`);
  }
  return errors;
}

function prefixErrors(prefix: string): readonly string[] {
  if (prefix === '') return ['prefix part must be non-empty'];
  const message = (): string => patternError(subdomainMessage, subdomain, 'example.com');
  const errors = checked(prefix, 253, subdomainPattern, message, tooManyBytes);
  return errors.map((error) => `prefix part ${error}`);
}

/** What may stand in a URL path: `prefix` also allows `.` and `..`, for generateName. */
export function pathSegmentErrors(value: string, prefix = false): readonly string[] {
  if (!prefix && (value === '.' || value === '..')) return [`may not be '${value}'`];
  const errors: string[] = [];
  if (value.includes('/')) errors.push("may not contain '/'");
  if (value.includes('%')) errors.push("may not contain '%'");
  return errors;
}

function checked(
  value: string,
  limit: number,
  pattern: RegExp,
  message: () => string,
  tooLongMessage = tooLong,
): readonly string[] {
  const long = longerThan(value, limit);
  const fits = pattern.test(value);
  if (!long && fits) return none;
  const errors = long ? [tooLongMessage(limit)] : [];
  if (!fits) errors.push(message());
  return errors;
}
