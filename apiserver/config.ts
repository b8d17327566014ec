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

/** Flags to configuration. Throws FlagError with one line for the first thing that does not fit. */
export function configFromFlags({ values, given }: Parsed<Flags>): ServerConfig {
  const storage = storageConfig(values);
  pair(values, 'tls-cert-file', 'tls-private-key-file');
  pair(values, 'etcd-certfile', 'etcd-keyfile');
  pair(values, 'kubelet-client-certificate', 'kubelet-client-key');
  pair(values, 'proxy-client-cert-file', 'proxy-client-key-file');
  return Object.freeze<ServerConfig>({
    listen: listenConfig(values),
    identity: identityConfig(values),
    http: httpConfig(values),
    storage,
    authn: authnConfig(values, given),
    authz: authzConfig(values, given),
    admission: admissionConfig(values),
    limits: limitsConfig(values),
    services: servicesConfig(values),
    kubelet: kubeletConfig(values),
    audit: auditConfig(values),
    features: featuresConfig(values),
    observability: observabilityConfig(values),
    flagTexts: flagTexts(apiServerFlags, values),
  });
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

function pair(flags: Values, a: keyof Values, b: keyof Values): void {
  if ((flags[a] === '') !== (flags[b] === '')) {
    throw new FlagError(`--${a} and --${b} must be given together`);
  }
}
