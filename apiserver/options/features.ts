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
  return {
    gates: gatesOf(flags),
    apis: asFlagError(() => parseRuntimeConfig(flags['runtime-config'])),
    gitVersion: asFlagError(() => parseVersionFlag(flags['version'])),
  };
}

/** Looked at before any other flag, as upstream: of the rest nothing is told. Throws FlagError. */
export function gatesOf(flags: FlagValues<typeof featureFlags>): FeatureGates {
  onlyVersion('emulated-version', flags['emulated-version'], ['1.36']);
  onlyVersion('min-compatibility-version', flags['min-compatibility-version'], ['1.35', '1.36']);
  return asFlagError(() => parseFeatureGates(flags['feature-gates']));
}

function asFlagError<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw new FlagError((error as Error).message);
  }
}

/** Fairness keeps its objects in an API: whoever turns that off has to turn it off too. Throws FlagError. */
export function checkFairnessApi(
  flags: FlagValues<typeof featureFlags> & { 'enable-priority-and-fairness': boolean },
): void {
  if (!flags['enable-priority-and-fairness']) return;
  for (const key of ['flowcontrol.apiserver.k8s.io/v1', 'api/ga', 'api/all']) {
    const value = flags['runtime-config'][key];
    if (value === 'true') return;
    if (value === 'false') {
      throw new FlagError(
        `--runtime-config=${key}=false conflicts with --enable-priority-and-fairness=true`,
      );
    }
  }
}

/** `1.36` or `kube=1.36`, with or without a v. */
function onlyVersion(flag: string, given: readonly string[], known: readonly string[]): void {
  let before: string | undefined;
  for (const entry of given) {
    const [component, text] = entry.includes('=') ? splitOnce(entry) : ['kube', entry];
    const [, minor, patch = '0'] = /^v?(\d+\.\d+)(?:\.(\d+))?$/.exec(text) ?? [];
    if (minor === undefined) {
      throw new FlagError(`could not parse ${JSON.stringify(text)} as version`);
    }
    if (Number(patch) !== 0) {
      throw new FlagError(`patch version not allowed, got: ${component}=${minor}.${patch}`);
    }
    if (component !== 'kube') throw new FlagError(`component not registered: ${component}`);
    if (before !== undefined) {
      throw new FlagError(`duplicate version flag, kube=${before} and kube=${minor}`);
    }
    before = minor;
    if (!known.includes(minor)) {
      throw new FlagError(
        `--${flag}: version ${minor} is not supported by this server, which serves ${known.join(' and ')}`,
      );
    }
  }
}

function splitOnce(entry: string): [string, string] {
  const cut = entry.indexOf('=');
  return [entry.slice(0, cut).trim(), entry.slice(cut + 1).trim()];
}
