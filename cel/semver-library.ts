import type { Environment } from '@marcbachmann/cel-js';

/** Semantic versions (k8s.io/apiserver cel/library semverlib.go; semver.org 2.0.0). */
export function registerSemverFunctions(environment: Environment): void {
  const of = (text: string, normalise = false): Version => {
    const version = Version.parse(normalise ? normalised(text) : text);
    if (version === undefined)
      throw new Error(`Semver parse error during conversion from string: ${JSON.stringify(text)}`);
    return version;
  };
  const is = (text: string, normalise = false): boolean =>
    Version.parse(normalise ? normalised(text) : text) !== undefined;
  environment
    .registerType('kubernetes.Semver', Version)
    .registerFunction('isSemver(string): bool', (text: string) => is(text))
    .registerFunction('isSemver(string, bool): bool', is)
    .registerFunction('semver(string): kubernetes.Semver', (text: string) => of(text))
    .registerFunction('semver(string, bool): kubernetes.Semver', of)
    .registerFunction('kubernetes.Semver.major(): int', (v: Version) => v.numbers[0])
    .registerFunction('kubernetes.Semver.minor(): int', (v: Version) => v.numbers[1])
    .registerFunction('kubernetes.Semver.patch(): int', (v: Version) => v.numbers[2])
    .registerFunction(
      'kubernetes.Semver.compareTo(kubernetes.Semver): int',
      (a: Version, b: Version) => BigInt(a.compare(b)),
    )
    .registerFunction(
      'kubernetes.Semver.isGreaterThan(kubernetes.Semver): bool',
      (a: Version, b: Version) => a.compare(b) > 0,
    )
    .registerFunction(
      'kubernetes.Semver.isLessThan(kubernetes.Semver): bool',
      (a: Version, b: Version) => a.compare(b) < 0,
    )
    .registerOperator(
      'kubernetes.Semver == kubernetes.Semver',
      (a: Version, b: Version) => a.compare(b) === 0,
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

class Version {
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
