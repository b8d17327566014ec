import { FlagError, type FlagValues, type Parsed } from '../flags/flag-set.ts';
import { flagTexts } from '../flags/flag-text.ts';
import { apiServerFlags } from './flags.ts';
import { type AdmissionConfig, admissionConfig } from './options/admission.ts';
import { type AuditConfig, auditConfig } from './options/audit.ts';
import { type AuthnConfig, authnConfig, checkTokenRequest } from './options/authentication.ts';
import { type AuthzConfig, authzConfig } from './options/authorization.ts';
import {
  type KubeletConfig,
  kubeletConfig,
  type ServicesConfig,
  servicesConfig,
} from './options/cluster.ts';
import { type StorageConfig, storageConfig } from './options/etcd.ts';
import { checkEgressSelector } from './options/egress-selector.ts';
import {
  checkFairnessApi,
  type FeaturesConfig,
  featuresConfig,
  gatesOf,
} from './options/features.ts';
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

/**
 * Flags to configuration. Throws one FlagError for all parts that do not fit, in the order in which
 * upstream validates them (pkg/controlplane/apiserver/options, cmd/kube-apiserver/app/options).
 */
export function configFromFlags({ values, given }: Parsed<Flags>): ServerConfig {
  gatesOf(values);
  const problems: string[] = [];
  const part = <T>(make: () => T): T => {
    try {
      return make();
    } catch (error) {
      if (!(error instanceof FlagError)) throw error;
      problems.push(...error.problems);
      // nobody sees it: the whole is refused below
      return undefined as T;
    }
  };
  const limits = part(() => limitsConfig(values));
  const storage = part(() => storageConfig(values));
  part(() => checkFairnessApi(values));
  const listen = part(() => listenConfig(values));
  const identity = part(() => identityConfig(values));
  const authn = part(() => authnConfig(values, given));
  const authz = part(() => authzConfig(values, given));
  const audit = part(() => auditConfig(values));
  const admission = part(() => admissionConfig(values));
  const features = part(() => featuresConfig(values));
  part(() => checkTokenRequest(values));
  part(() => checkEgressSelector(values));
  const observability = part(() => observabilityConfig(values));
  const services = part(() => servicesConfig(values, listen?.advertiseAddress ?? ''));
  for (const [certificate, key] of pairs) part(() => checkPair(values, certificate, key));
  if (problems.length > 0) throw new FlagError(...problems);
  return Object.freeze({
    listen,
    identity,
    http: httpConfig(values),
    storage,
    authn,
    authz,
    admission,
    limits,
    services,
    kubelet: kubeletConfig(values),
    audit,
    features,
    observability,
    flagTexts: flagTexts(apiServerFlags, values),
  });
}

const pairs = [
  ['tls-cert-file', 'tls-private-key-file'],
  ['etcd-certfile', 'etcd-keyfile'],
  ['kubelet-client-certificate', 'kubelet-client-key'],
  ['proxy-client-cert-file', 'proxy-client-key-file'],
] as const;

/** `host:port` in URLs that the server gives to others: `--external-hostname`, else its own address. */
export function externalAddress({ identity, listen }: ServerConfig): string {
  const host = identity.externalHostname || listen.advertiseAddress;
  return `${host.includes(':') ? `[${host}]` : host}:${listen.port}`;
}

/** The first usable address of the first range, which upstream gives to the kubernetes Service. */
export function kubernetesServiceIp({ cidrs }: Pick<ServicesConfig, 'cidrs'>): string {
  const [network = ''] = (cidrs[0] ?? '').split('/');
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
