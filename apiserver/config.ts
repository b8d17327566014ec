import { FlagError, type FlagValues, type Parsed } from '../flags/flag-set.ts';
import { flagTexts } from '../flags/flag-text.ts';
import { apiServerFlags } from './flags.ts';
import { type AdmissionConfig, admissionConfig } from './options/admission.ts';
import { type AuditConfig, auditConfig } from './options/audit.ts';
import { type AuthnConfig, authnConfig } from './options/authentication.ts';
import { type AuthzConfig, authzConfig } from './options/authorization.ts';
import {
  type KubeletConfig,
  kubeletConfig,
  type ServicesConfig,
  servicesConfig,
} from './options/cluster.ts';
import { type StorageConfig, storageConfig } from './options/etcd.ts';
import { type FeaturesConfig, featuresConfig } from './options/features.ts';
import { type ObservabilityConfig, observabilityConfig } from './options/observability.ts';
import {
  type IdentityConfig,
  identityConfig,
  type ListenConfig,
  listenConfig,
} from './options/serving.ts';
import { type HttpConfig, httpConfig, type LimitsConfig, limitsConfig } from './options/traffic.ts';

/** One frozen, validated configuration; every part of the server gets only what is its own. */
export interface ServerConfig {
  listen: ListenConfig;
  identity: IdentityConfig;
  http: HttpConfig;
  storage: StorageConfig;
  authn: AuthnConfig;
  authz: AuthzConfig;
  admission: AdmissionConfig;
  limits: LimitsConfig;
  services: ServicesConfig;
  kubelet: KubeletConfig;
  audit: AuditConfig;
  features: FeaturesConfig;
  observability: ObservabilityConfig;
  /** Every flag with its value, as `/flagz` shows them. */
  flagTexts: Readonly<Record<string, string>>;
}

type Flags = typeof apiServerFlags;
type Values = FlagValues<Flags>;

/** Flags to configuration. Throws one FlagError for all parts that do not fit, as upstream's aggregates. */
export function configFromFlags({ values, given }: Parsed<Flags>): ServerConfig {
  const problems: string[] = [];
  const part = <T>(make: () => T): T => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      problems.push(error.message);
      // nobody sees it: the whole is refused below
      return undefined as T;
    }
  };
  const pair = (a: keyof Values, b: keyof Values): void => part(() => checkPair(values, a, b));
  const storage = part(() => storageConfig(values));
  pair('tls-cert-file', 'tls-private-key-file');
  pair('etcd-certfile', 'etcd-keyfile');
  pair('kubelet-client-certificate', 'kubelet-client-key');
  pair('proxy-client-cert-file', 'proxy-client-key-file');
  const config: ServerConfig = {
    listen: part(() => listenConfig(values)),
    identity: part(() => identityConfig(values)),
    http: part(() => httpConfig(values)),
    storage,
    authn: part(() => authnConfig(values, given)),
    authz: part(() => authzConfig(values, given)),
    admission: part(() => admissionConfig(values)),
    limits: part(() => limitsConfig(values)),
    services: part(() => servicesConfig(values)),
    kubelet: part(() => kubeletConfig(values)),
    audit: part(() => auditConfig(values)),
    features: part(() => featuresConfig(values)),
    observability: part(() => observabilityConfig(values)),
    flagTexts: flagTexts(apiServerFlags, values),
  };
  const distinct = [...new Set(problems)];
  if (distinct.length === 1) throw new FlagError(distinct[0]);
  if (distinct.length > 1) throw new FlagError(`[${distinct.join(', ')}]`);
  return Object.freeze(config);
}

/** `host:port` in URLs that the server gives to others: `--external-hostname`, else its own address. */
export function externalAddress({ identity, listen }: ServerConfig): string {
  const host = identity.externalHostname || listen.advertiseAddress;
  return `${host.includes(':') ? `[${host}]` : host}:${listen.port}`;
}

/** The first usable address of the first range, which upstream gives to the kubernetes Service. */
export function kubernetesServiceIp({ services }: ServerConfig): string {
  const [network = ''] = (services.cidrs[0] ?? '').split('/');
  if (network.includes(':')) return network.endsWith('::') ? `${network}1` : network;
  const parts = network.split('.').map(Number);
  parts[3] = (parts[3] ?? 0) + 1;
  return parts.join('.');
}

function checkPair(flags: Values, a: keyof Values, b: keyof Values): void {
  if ((flags[a] === '') !== (flags[b] === '')) {
    throw new FlagError(`--${a} and --${b} must be given together`);
  }
}
