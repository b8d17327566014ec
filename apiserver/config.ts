import { networkInterfaces } from 'node:os';
import { FlagError, type FlagValues } from '../flags/flag-set.ts';
import { parseAuthorizationModes } from './authz/authorize.ts';
import type { apiServerFlags } from './flags.ts';
import { normalisePrefix } from './storage/keys.ts';

/** One frozen, validated configuration; every part of the server gets only what is its own. */
export interface ServerConfig {
  listen: {
    host: string;
    port: number;
    advertiseAddress: string;
    http2MaxStreams: number;
    minTlsVersion: 'TLSv1.2' | 'TLSv1.3';
    ciphers: string | undefined;
  };
  identity: {
    certFile: string;
    keyFile: string;
    /** Where a self-signed pair goes when no files are given. */
    certDir: string;
    externalHostname: string;
  };
  storage: {
    servers: readonly string[];
    caFile: string;
    certFile: string;
    keyFile: string;
    prefix: string;
    compactionIntervalMs: number;
    eventTtlSeconds: number;
  };
  authn: {
    clientCaFile: string;
    tokenFile: string;
    anonymous: boolean;
    bootstrapTokens: boolean;
    apiAudiences: readonly string[];
    serviceAccount: {
      issuers: readonly string[];
      keyFiles: readonly string[];
      signingKeyFile: string;
      lookup: boolean;
      maxExpirationSeconds: number;
      extendExpiration: boolean;
      jwksUri: string;
    };
    frontProxy: {
      caFile: string;
      allowedNames: readonly string[];
      usernameHeaders: readonly string[];
      uidHeaders: readonly string[];
      groupHeaders: readonly string[];
      extraHeaderPrefixes: readonly string[];
    };
    proxyClient: { certFile: string; keyFile: string };
  };
  /** Aggregated servers are reached at their endpoints, not at the service's address. */
  aggregatorRouting: boolean;
  authz: { modes: readonly string[] };
  admission: { enable: readonly string[]; disable: readonly string[] };
  limits: {
    maxReadsInFlight: number;
    maxWritesInFlight: number;
    fair: boolean;
    requestTimeoutMs: number;
    minRequestTimeoutMs: number;
    shutdownDelayMs: number;
  };
  services: {
    cidrs: readonly string[];
    nodePorts: { from: number; to: number };
    kubernetesNodePort: number;
    reconcileEndpoints: boolean;
  };
  kubelet: {
    certFile: string;
    keyFile: string;
    caFile: string;
    addressTypes: readonly string[];
    timeoutMs: number;
  };
  audit: {
    policyFile: string;
    logPath: string;
    maxAgeDays: number;
    maxBackups: number;
    maxSizeMegabytes: number;
  };
  verbosity: number;
}

type Values = FlagValues<typeof apiServerFlags>;

/** Flags to configuration. Throws FlagError with one line for each way flags do not fit together. */
export function configFromFlags(flags: Values): ServerConfig {
  checkTogether(flags);
  const host = flags['bind-address'];
  return Object.freeze<ServerConfig>({
    listen: {
      host,
      port: flags['secure-port'],
      advertiseAddress: flags['advertise-address'] || advertisable(host),
      http2MaxStreams: flags['http2-max-streams-per-connection'],
      minTlsVersion: flags['tls-min-version'] === 'VersionTLS13' ? 'TLSv1.3' : 'TLSv1.2',
      ciphers: cipherList(flags['tls-cipher-suites']),
    },
    identity: {
      certFile: flags['tls-cert-file'],
      keyFile: flags['tls-private-key-file'],
      certDir: flags['cert-dir'],
      externalHostname: flags['external-hostname'],
    },
    storage: {
      servers: flags['etcd-servers'],
      caFile: flags['etcd-cafile'],
      certFile: flags['etcd-certfile'],
      keyFile: flags['etcd-keyfile'],
      prefix: normalisePrefix(flags['etcd-prefix']),
      compactionIntervalMs: flags['etcd-compaction-interval'],
      eventTtlSeconds: Math.round(flags['event-ttl'] / 1000),
    },
    authn: authnOf(flags),
    aggregatorRouting: flags['enable-aggregator-routing'],
    authz: { modes: modesOf(flags['authorization-mode']) },
    admission: {
      enable: flags['enable-admission-plugins'],
      disable: flags['disable-admission-plugins'],
    },
    limits: {
      maxReadsInFlight: flags['max-requests-inflight'],
      maxWritesInFlight: flags['max-mutating-requests-inflight'],
      fair: flags['enable-priority-and-fairness'],
      requestTimeoutMs: flags['request-timeout'],
      minRequestTimeoutMs: flags['min-request-timeout'] * 1000,
      shutdownDelayMs: flags['shutdown-delay-duration'],
    },
    services: {
      cidrs: flags['service-cluster-ip-range'],
      nodePorts: portRange(flags['service-node-port-range']),
      kubernetesNodePort: flags['kubernetes-service-node-port'],
      reconcileEndpoints: flags['endpoint-reconciler-type'] !== 'none',
    },
    kubelet: {
      certFile: flags['kubelet-client-certificate'],
      keyFile: flags['kubelet-client-key'],
      caFile: flags['kubelet-certificate-authority'],
      addressTypes: flags['kubelet-preferred-address-types'],
      timeoutMs: flags['kubelet-timeout'],
    },
    audit: {
      policyFile: flags['audit-policy-file'],
      logPath: flags['audit-log-path'],
      maxAgeDays: flags['audit-log-maxage'],
      maxBackups: flags['audit-log-maxbackup'],
      maxSizeMegabytes: flags['audit-log-maxsize'],
    },
    verbosity: flags['v'],
  });
}

function authnOf(flags: Values): ServerConfig['authn'] {
  const issuers = flags['service-account-issuer'];
  const audiences = flags['api-audiences'];
  return {
    clientCaFile: flags['client-ca-file'],
    tokenFile: flags['token-auth-file'],
    anonymous: flags['anonymous-auth'],
    bootstrapTokens: flags['enable-bootstrap-token-auth'],
    apiAudiences: audiences.length > 0 ? audiences : issuers,
    serviceAccount: {
      issuers,
      keyFiles: flags['service-account-key-file'],
      signingKeyFile: flags['service-account-signing-key-file'],
      lookup: flags['service-account-lookup'],
      maxExpirationSeconds: Math.round(flags['service-account-max-token-expiration'] / 1000),
      extendExpiration: flags['service-account-extend-token-expiration'],
      jwksUri: flags['service-account-jwks-uri'],
    },
    frontProxy: {
      caFile: flags['requestheader-client-ca-file'],
      allowedNames: flags['requestheader-allowed-names'],
      usernameHeaders: flags['requestheader-username-headers'],
      uidHeaders: flags['requestheader-uid-headers'],
      groupHeaders: flags['requestheader-group-headers'],
      extraHeaderPrefixes: flags['requestheader-extra-headers-prefix'],
    },
    proxyClient: {
      certFile: flags['proxy-client-cert-file'],
      keyFile: flags['proxy-client-key-file'],
    },
  };
}

/** What upstream's option validation refuses too: halves of pairs, and missing necessities. */
function checkTogether(flags: Values): void {
  if (flags['etcd-servers'].length === 0) throw new FlagError('--etcd-servers must be specified');
  pair(flags, 'tls-cert-file', 'tls-private-key-file');
  pair(flags, 'etcd-certfile', 'etcd-keyfile');
  pair(flags, 'kubelet-client-certificate', 'kubelet-client-key');
  pair(flags, 'proxy-client-cert-file', 'proxy-client-key-file');
  if (flags['service-account-issuer'].length === 0) {
    throw new FlagError('service-account-issuer is a required flag, value provided is empty');
  }
  if (flags['service-account-signing-key-file'] === '') {
    throw new FlagError('service-account-signing-key-file is a required flag');
  }
  if (flags['secure-port'] < 1 || flags['secure-port'] > 65535) {
    throw new FlagError(
      `--secure-port ${flags['secure-port']} must be between 1 and 65535, inclusive. It cannot be turned off with 0`,
    );
  }
  if (!flags['watch-cache'])
    throw new FlagError('--watch-cache=false is not supported: the watch cache is always on');
  for (const cidr of flags['service-cluster-ip-range']) {
    if (!/^[0-9a-fA-F.:]+\/[0-9]+$/.test(cidr)) {
      throw new FlagError(`--service-cluster-ip-range: invalid CIDR address: ${cidr}`);
    }
  }
}

function pair(flags: Values, a: keyof Values, b: keyof Values): void {
  if ((flags[a] === '') !== (flags[b] === '')) {
    throw new FlagError(`--${a} and --${b} must be given together`);
  }
}

function modesOf(modes: readonly string[]): readonly string[] {
  try {
    return parseAuthorizationModes(modes);
  } catch (error) {
    throw new FlagError((error as Error).message);
  }
}

function portRange(text: string): { from: number; to: number } {
  const match = /^(\d+)-(\d+)$/.exec(text);
  const from = Number(match?.[1]);
  const to = Number(match?.[2]);
  if (match === null || from < 1 || to > 65535 || from > to) {
    throw new FlagError(`--service-node-port-range: invalid port range: ${JSON.stringify(text)}`);
  }
  return { from, to };
}

/** An address other machines can use: the one bound, or the first of an interface that is not loopback. */
function advertisable(host: string): string {
  if (host !== '0.0.0.0' && host !== '::' && host !== '') return host;
  for (const addresses of Object.values(networkInterfaces())) {
    const found = addresses?.find((a) => !a.internal && a.family === 'IPv4');
    if (found !== undefined) return found.address;
  }
  return '127.0.0.1';
}

/** Go's cipher suite names to OpenSSL's. */
function cipherList(names: readonly string[]): string | undefined {
  if (names.length === 0) return undefined;
  return names
    .map((name) => {
      const known = cipherNames[name];
      if (known === undefined)
        throw new FlagError(`Cipher suite ${name} not supported or doesn't exist`);
      return known;
    })
    .join(':');
}

const cipherNames: Record<string, string> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
};
