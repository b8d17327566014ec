import { gitVersion } from '../discovery/version.ts';

/**
 * `--version=v1.36.2-suffix`: what /version reports. Undefined keeps the version there is; bare
 * `--version` and `raw` only print. Throws in upstream's words (component-base version/dynamic.go).
 */
export function parseVersionFlag(value: string): string | undefined {
  if (!value.startsWith('v')) {
    if (['', 'false', 'true', 'raw'].includes(value)) return undefined;
    throw new Error(
      `invalid argument ${JSON.stringify(value)} for "--version" flag: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`,
    );
  }
  const core = /^v(\d+\.\d+\.\d+)(?:[-+].*)?$/.exec(value)?.[1];
  if (core !== gitVersion.slice(1)) {
    throw new Error(
      `invalid argument ${JSON.stringify(value)} for "--version" flag: version ${JSON.stringify(value)} must match major/minor/patch of default version ${JSON.stringify(gitVersion)}`,
    );
  }
  return value;
}

/** What `--version` asks to print instead of serving; undefined: serve. */
export function printedVersion(value: string): string | undefined {
  return value === 'true' || value === 'raw' ? `Kubernetes ${gitVersion}` : undefined;
}
