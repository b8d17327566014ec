import type { Functions } from './run/functions.ts';

/** Semantic versions (k8s.io/apiserver cel/library semverlib.go; semver.org 2.0.0). */
export function registerSemverFunctions(functions: Functions): void {
  const of = (text: string, normalise = false): Version => {
    const version = Version.parse(normalise ? normalised(text) : text);
    if (version !== undefined) return version;
    throw new Error(semverError(normalise ? normalised(text) : text));
  };
  const is = (text: string, normalise = false): boolean =>
    Version.parse(normalise ? normalised(text) : text) !== undefined;
  functions
    .add('isSemver(string)', (text: string) => is(text))
    .add('isSemver(string, bool)', is)
    .add('semver(string)', (text: string) => of(text))
    .add('semver(string, bool)', of)
    .add('.major(kubernetes.Semver)', (v: Version) => v.numbers[0])
    .add('.minor(kubernetes.Semver)', (v: Version) => v.numbers[1])
    .add('.patch(kubernetes.Semver)', (v: Version) => v.numbers[2])
    .add('.compareTo(kubernetes.Semver, kubernetes.Semver)', (a: Version, b: Version) =>
      BigInt(a.compare(b)),
    )
    .add(
      '.isGreaterThan(kubernetes.Semver, kubernetes.Semver)',
      (a: Version, b: Version) => a.compare(b) > 0,
    )
    .add(
      '.isLessThan(kubernetes.Semver, kubernetes.Semver)',
      (a: Version, b: Version) => a.compare(b) < 0,
    );
}

/** Without a leading v, with all three numbers, without leading zeros. */
function normalised(text: string): string {
  const [, numbers = '', rest = ''] = /^v?([0-9.]*)(.*)$/s.exec(text) ?? [];
  const parts = numbers.split('.').map((part) => part.replace(/^0+(?=[0-9])/, ''));
  while (parts.length < 3) parts.push('0');
  return parts.join('.') + rest;
}

const number = '(0|[1-9][0-9]*)';
const part = '(?:0|[1-9][0-9]*|[0-9]*[a-zA-Z-][0-9a-zA-Z-]*)';
const pattern = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-(${part}(?:\\.${part})*))?(?:\\+[0-9a-zA-Z-]+(?:\\.[0-9a-zA-Z-]+)*)?$`,
);

/** Why a text is no version, in the words of upstream's reader. */
function semverError(text: string): string {
  if (text === '') return 'Version string empty';
  const parts = text.split('.', 3).length === 3 ? text.split('.') : [];
  if (parts.length === 0) return 'No Major.Minor.Patch elements found';
  const [major = '', minor = '', ...rest] = parts;
  const patch = /^[^-+]*/.exec(rest.join('.'))?.[0] ?? '';
  const zero = (digits: string): boolean => digits.length > 1 && digits.startsWith('0');
  for (const [name, digits] of [
    ['major', major],
    ['minor', minor],
    ['patch', patch],
  ] as const) {
    const quoted = JSON.stringify(digits);
    if (!/^\d+$/.test(digits)) return `Invalid character(s) found in ${name} number ${quoted}`;
    const title = name.charAt(0).toUpperCase() + name.slice(1);
    if (zero(digits)) return `${title} number must not contain leading zeroes ${quoted}`;
  }
  return `Invalid character(s) found in prerelease ${JSON.stringify(text.split('-')[1] ?? '')}`;
}

class Version {
  readonly celType = 'kubernetes.Semver';
  readonly numbers: readonly [bigint, bigint, bigint];
  readonly #prerelease: readonly string[];

  private constructor(numbers: [bigint, bigint, bigint], prerelease: readonly string[]) {
    this.numbers = numbers;
    this.#prerelease = prerelease;
  }

  static parse(text: string): Version | undefined {
    const match = text.length > 256 ? null : pattern.exec(text);
    if (match === null) return undefined;
    const [, major = '0', minor = '0', patch = '0', prerelease] = match;
    return new Version(
      [BigInt(major), BigInt(minor), BigInt(patch)],
      prerelease === undefined ? [] : prerelease.split('.'),
    );
  }

  equals(other: Version): boolean {
    return this.compare(other) === 0;
  }

  compare(other: Version): -1 | 0 | 1 {
    for (const i of [0, 1, 2] as const) {
      if (this.numbers[i] !== other.numbers[i]) return this.numbers[i] < other.numbers[i] ? -1 : 1;
    }
    return comparePrereleases(this.#prerelease, other.#prerelease);
  }
}

/** Without one is more than with; numbers are less than words. */
function comparePrereleases(a: readonly string[], b: readonly string[]): -1 | 0 | 1 {
  if (a.length === 0 || b.length === 0) {
    return a.length === b.length ? 0 : a.length === 0 ? 1 : -1;
  }
  for (let i = 0; i < Math.max(a.length, b.length); i++) {
    const x = a[i];
    const y = b[i];
    if (x === undefined) return -1;
    if (y === undefined) return 1;
    if (x === y) continue;
    const numeric = [x, y].map((text) => /^[0-9]+$/.test(text));
    if (numeric[0] && numeric[1]) return BigInt(x) < BigInt(y) ? -1 : 1;
    if (numeric[0] !== numeric[1]) return numeric[0] ? -1 : 1;
    return x < y ? -1 : 1;
  }
  return 0;
}
