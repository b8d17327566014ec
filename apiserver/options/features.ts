import { FlagError, type FlagTable, type FlagValues } from '../../flags/flag-set.ts';
import { type ApiEnablement, parseRuntimeConfig } from '../features/api-enablement.ts';
import { type FeatureGates, parseFeatureGates } from '../features/feature-gates.ts';
import { parseVersionFlag } from '../features/version-flag.ts';

/** Which parts of the API there are, and as which version (compatibility registry, api_enablement.go). */
export const featureFlags = {
  'feature-gates': {
    kind: 'list',
    help: 'Name=true|false of the gates of v1.36; docs/flags.md says which are switched here.',
  },
  'runtime-config': {
    kind: 'configuration',
    help: 'API versions and resources to turn on or off: v1, group/version, group/version/resource, api/all, api/ga, api/beta, api/alpha = true|false.',
  },
  'emulated-version': { kind: 'list', help: 'Only the served version: kube=1.36.' },
  'emulation-forward-compatible': {
    kind: 'bool',
    default: false,
    refused: 'only the served version is emulated',
    help: 'Of --emulated-version.',
  },
  'runtime-config-emulation-forward-compatible': {
    kind: 'bool',
    default: false,
    refused: 'only the served version is emulated',
    help: 'Of --emulated-version.',
  },
  'min-compatibility-version': {
    kind: 'list',
    help: 'Only kube=1.35 (the default) and kube=1.36.',
  },
  version: {
    kind: 'string',
    bare: 'true',
    help: '--version prints the version; --version=v1.36.x-suffix makes /version say so.',
  },
} as const satisfies FlagTable;

export interface FeaturesConfig {
  gates: FeatureGates;
  apis: ApiEnablement;
  /** What /version says; undefined is the default. */
  gitVersion: string | undefined;
}

/** Throws FlagError. */
export function featuresConfig(flags: FlagValues<typeof featureFlags>): FeaturesConfig {
  onlyVersion('emulated-version', flags['emulated-version'], ['1.36']);
  onlyVersion('min-compatibility-version', flags['min-compatibility-version'], ['1.35', '1.36']);
  try {
    return {
      gates: parseFeatureGates(flags['feature-gates']),
      apis: parseRuntimeConfig(flags['runtime-config']),
      gitVersion: parseVersionFlag(flags['version']),
    };
  } catch (error) {
    throw new FlagError((error as Error).message);
  }
}

/** `1.36`, `kube=1.36`, with or without a patch version. */
function onlyVersion(flag: string, given: readonly string[], known: readonly string[]): void {
  for (const entry of given) {
    const version = entry.replace(/^kube=/, '').replace(/^v/, '');
    const minor = /^(\d+\.\d+)(\.\d+)?$/.exec(version)?.[1];
    if (minor === undefined) {
      throw new FlagError(`--${flag}: could not parse ${JSON.stringify(entry)} as version`);
    }
    if (!known.includes(minor)) {
      throw new FlagError(
        `--${flag}: version ${version} is not supported by this server, which serves ${known.join(' and ')}`,
      );
    }
  }
}
