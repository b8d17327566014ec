import { catalog } from '../apis/catalog.ts';

/**
 * `--runtime-config`: which versions and resources of the built-in groups are served.
 * Source: k8s.io/apiserver server/options/api_enablement.go, server/resourceconfig.
 */
export interface ApiEnablement {
  served(resource: { group: string; version: string; resource: string }): boolean;
}

interface Preference {
  group: string;
  version: string;
  /** '' is the whole version. */
  resource: string;
  enabled: boolean;
}

const matchers: Readonly<Record<string, RegExp>> = {
  'api/all': /^/,
  'api/ga': /^v\d+$/,
  'api/beta': /^v\d+beta\d+$/,
  'api/alpha': /^v\d+alpha\d+$/,
};

/** Versions that upstream v1.36 knows and this server does not serve: they can be off, not on. */
const notServed = new Set(
  `admissionregistration.k8s.io/v1beta1 admissionregistration.k8s.io/v1alpha1
  apiextensions.k8s.io/v1beta1 apiregistration.k8s.io/v1beta1 apps/v1beta1 apps/v1beta2
  authentication.k8s.io/v1beta1 authentication.k8s.io/v1alpha1 authorization.k8s.io/v1beta1
  autoscaling/v2beta1 autoscaling/v2beta2 batch/v1beta1 certificates.k8s.io/v1beta1
  certificates.k8s.io/v1alpha1 coordination.k8s.io/v1beta1 coordination.k8s.io/v1alpha2
  discovery.k8s.io/v1beta1 events.k8s.io/v1beta1 extensions/v1beta1
  flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2
  flowcontrol.apiserver.k8s.io/v1beta3 internal.apiserver.k8s.io/v1alpha1
  networking.k8s.io/v1beta1 networking.k8s.io/v1alpha1 node.k8s.io/v1beta1 node.k8s.io/v1alpha1
  policy/v1beta1 rbac.authorization.k8s.io/v1beta1 rbac.authorization.k8s.io/v1alpha1
  resource.k8s.io/v1beta1 resource.k8s.io/v1beta2 resource.k8s.io/v1alpha3
  scheduling.k8s.io/v1beta1 scheduling.k8s.io/v1alpha1 scheduling.k8s.io/v1alpha2
  storage.k8s.io/v1beta1 storage.k8s.io/v1alpha1 storagemigration.k8s.io/v1beta1
  storagemigration.k8s.io/v1alpha1`.split(/\s+/),
);

/** Throws in upstream's words; for versions and resources that are not served here, by their name. */
export function parseRuntimeConfig(given: Readonly<Record<string, string>>): ApiEnablement {
  const config = coreAsGroup(given);
  checkWhole(config);
  const byStage = Object.keys(matchers)
    .filter((key) => key in config)
    .map((key) => ({ pattern: matchers[key] as RegExp, enabled: config[key] === 'true' }));
  const preferences = Object.keys(config)
    .filter((key) => !(key in matchers))
    .map((key) => preferenceOf(config, key));
  const ofVersions = preferences.filter(({ resource }) => resource === '');
  const ofResources = preferences.filter(({ resource }) => resource !== '');
  return {
    served({ group, version, resource }) {
      const same = (p: Preference) => p.group === group && p.version === version;
      const one = ofResources.findLast((p) => same(p) && p.resource === resource);
      if (one !== undefined) return one.enabled;
      const whole = ofVersions.findLast(same);
      if (whole !== undefined) return whole.enabled;
      return byStage.findLast(({ pattern }) => pattern.test(version))?.enabled ?? true;
    },
  };
}

/** `v1` and `api/v1` are the core group's version, with or without more behind. */
function coreAsGroup(given: Readonly<Record<string, string>>): Record<string, string> {
  const config: Record<string, string> = {};
  for (const [key, value] of Object.entries(given)) {
    if (key === 'api/legacy') continue;
    config[/^(api\/)?v1(\/|$)/.test(key) ? '/v1' : key] = value;
  }
  return config;
}

function checkWhole(config: Readonly<Record<string, string>>): void {
  const keys = Object.keys(config);
  if (keys.length === 1 && config['api/all'] === 'false') {
    throw new Error('invalid runtime-config with only api/all=false');
  }
  const unknown = keys.filter((key) => {
    if (key in matchers) return false;
    const parts = key.split('/');
    if (parts.length !== 2 && parts.length !== 3)
      throw new Error(`runtime-config invalid key ${key}`);
    return !knownGroups.has(parts[0] as string);
  });
  if (unknown.length > 0) {
    const versions = new Set(unknown.map((key) => key.split('/').slice(0, 2).join('/')));
    throw new Error(`unknown api groups ${[...versions].toSorted().join(',')}`);
  }
  for (const stage of Object.keys(matchers)) checkStage(stage, config[stage]);
}

/** Of a stage it has to be said in full. */
function checkStage(stage: string, value: string | undefined): void {
  if (value === undefined) return;
  if (value !== 'true' && value !== 'false') throw new Error(`invalid value ${stage}=${value}`);
  if (value === 'true' && (stage === 'api/beta' || stage === 'api/alpha')) {
    throw new Error(
      `--runtime-config=${stage}=true is not supported by this server: it serves no ${stage.slice('api/'.length)} versions`,
    );
  }
}

const knownVersions = new Set(catalog.map(({ group, version }) => `${group}/${version}`));
const knownGroups = new Set([...knownVersions, ...notServed].map((key) => key.split('/')[0]));

function preferenceOf(config: Readonly<Record<string, string>>, key: string): Preference {
  const [group = '', version = '', resource = ''] = key.split('/');
  const groupVersion = `${group}/${version}`;
  const known = knownVersions.has(groupVersion);
  if (!known && !notServed.has(groupVersion)) {
    const shown = group === '' ? version : groupVersion;
    throw new Error(`group version ${shown} that has not been registered`);
  }
  const enabled = valueOf(config, key);
  if (resource !== resource.toLowerCase()) {
    throw new Error(
      `invalid key ${key}: group/version/resource and resource is always lowercase plural, not ${JSON.stringify(resource)}`,
    );
  }
  if (!known) {
    if (enabled) {
      throw new Error(
        `--runtime-config=${key}=true is not supported by this server: it does not serve ${groupVersion}`,
      );
    }
  } else if (enabled && resource !== '' && !isServed(group, version, resource)) {
    throw new Error(
      `--runtime-config=${key}=true is not supported by this server: it does not serve ${resource} of ${groupVersion}`,
    );
  }
  return { group, version, resource, enabled };
}

function isServed(group: string, version: string, resource: string): boolean {
  return catalog.some((k) => k.group === group && k.version === version && k.resource === resource);
}

/** A key alone is true. */
function valueOf(config: Readonly<Record<string, string>>, key: string): boolean {
  const text = config[key] ?? '';
  if (text === '' || /^(1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(0|f|F|FALSE|false|False)$/.test(text)) return false;
  throw new Error(
    `invalid value of ${key}: ${text}, err: strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`,
  );
}
