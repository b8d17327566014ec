import { networkInterfaces } from 'node:os';
import { FlagError, type FlagTable, type FlagValues } from '../../flags/flag-set.ts';
import { cipherList, curveList, parseSniKeys, type SniKeyFiles } from './tls.ts';

/** Where the server listens and with which certificates (k8s.io/apiserver server/options/serving.go). */
export const servingFlags = {
  'advertise-address': {
    kind: 'string',
    isIp: true,
    help: 'IP address on which members of the cluster reach this server. Default: the bind address, or the first address of a network interface.',
  },
  'bind-address': {
    kind: 'string',
    isIp: true,
    default: '0.0.0.0',
    help: 'IP address to listen on; 0.0.0.0 and :: mean all interfaces.',
  },
  'secure-port': { kind: 'int', default: 6443, help: 'Port of HTTPS.' },
  'external-hostname': {
    kind: 'string',
    help: 'Host name used when URLs are made for this server (the key set of service account tokens).',
  },
  'cert-dir': {
    kind: 'string',
    default: '/var/run/kubernetes',
    help: 'Folder of apiserver.crt and apiserver.key, made when --tls-cert-file is not given and they are not there.',
  },
  'tls-cert-file': {
    kind: 'string',
    help: 'PEM file of the serving certificate and its intermediates. Re-read when it changes.',
  },
  'tls-private-key-file': { kind: 'string', help: 'PEM file of the key of --tls-cert-file.' },
  'tls-sni-cert-key': {
    kind: 'repeated',
    help: 'Another certificate and key, "cert.pem,key.pem" or "cert.pem,key.pem:foo.example.com,*.bar.example.com", for the names given or those of the certificate.',
  },
  'tls-min-version': {
    kind: 'string',
    default: '',
    help: 'Lowest TLS version taken: VersionTLS12 (default) or VersionTLS13.',
  },
  'tls-cipher-suites': { kind: 'list', help: 'Cipher suites for TLS 1.2, by their Go names.' },
  'tls-curve-preferences': {
    kind: 'list',
    help: 'Key exchange mechanisms, by number: 4588 (X25519MLKEM768), 29 (X25519), 23, 24, 25 (P-256, P-384, P-521).',
  },
  'disable-http2-serving': { kind: 'bool', default: false, help: 'HTTP/1.1 only.' },
  'http2-max-streams-per-connection': {
    kind: 'int',
    default: 0,
    help: 'Concurrent streams allowed on one HTTP/2 connection; 0 is 100.',
  },
  'permit-address-sharing': {
    kind: 'bool',
    default: false,
    help: 'SO_REUSEADDR, which Node.js always sets.',
  },
  'permit-port-sharing': { kind: 'bool', default: false, help: 'SO_REUSEPORT.' },
  'max-connection-bytes-per-sec': {
    kind: 'int',
    default: 0,
    refused: 'connections are not throttled',
    help: 'Throttle of a connection.',
  },
  'debug-socket-path': {
    kind: 'string',
    refused: 'there is no profiling socket; Node.js is profiled from outside',
    help: 'Unix socket for profiling.',
  },
  'peer-advertise-ip': {
    kind: 'string',
    refused: 'requests are not proxied to servers of other versions',
    help: 'IP address for peer API servers.',
  },
  'peer-advertise-port': {
    kind: 'string',
    refused: 'requests are not proxied to servers of other versions',
    help: 'Port for peer API servers.',
  },
  'peer-ca-file': {
    kind: 'string',
    refused: 'requests are not proxied to servers of other versions',
    help: 'CA bundle of peer API servers.',
  },
} as const satisfies FlagTable;

type Values = FlagValues<typeof servingFlags>;

export interface ListenConfig {
  host: string;
  port: number;
  advertiseAddress: string;
  http2: boolean;
  http2MaxStreams: number;
  reusePort: boolean;
  minTlsVersion: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL's names, joined as it wants them; undefined is its default. */
  ciphers: string;
  curves: string | undefined;
}

export interface IdentityConfig {
  certFile: string;
  keyFile: string;
  /** Where a self-signed pair goes when no files are given. */
  certDir: string;
  externalHostname: string;
  sni: readonly SniKeyFiles[];
}

/** What clients assume before they are told (k8s.io/apiserver secure_serving.go). */
const http2StreamsDefault = 100;

/** Throws FlagError. */
export function listenConfig(flags: Values): ListenConfig {
  const port = flags['secure-port'];
  if (port < 1 || port > 65535) {
    throw new FlagError(
      `--secure-port ${port} must be between 1 and 65535, inclusive. It cannot be turned off with 0`,
    );
  }
  const host = flags['bind-address'];
  return {
    host,
    port,
    advertiseAddress: flags['advertise-address'] || advertisable(host),
    http2: !flags['disable-http2-serving'],
    http2MaxStreams: flags['http2-max-streams-per-connection'] || http2StreamsDefault,
    reusePort: flags['permit-port-sharing'],
    minTlsVersion: minVersion(flags['tls-min-version']),
    ciphers: cipherList(flags['tls-cipher-suites']),
    curves: curveList(flags['tls-curve-preferences']),
  };
}

/** Throws FlagError. */
export function identityConfig(flags: Values): IdentityConfig {
  return {
    certFile: flags['tls-cert-file'],
    keyFile: flags['tls-private-key-file'],
    certDir: flags['cert-dir'],
    externalHostname: flags['external-hostname'],
    sni: parseSniKeys(flags['tls-sni-cert-key']),
  };
}

function minVersion(name: string): 'TLSv1.2' | 'TLSv1.3' {
  switch (name) {
    case '':
    case 'VersionTLS12':
      return 'TLSv1.2';
    case 'VersionTLS13':
      return 'TLSv1.3';
    case 'VersionTLS10':
    case 'VersionTLS11':
      throw new FlagError(
        `--tls-min-version: ${name} is not supported by this server: use TLS 1.2`,
      );
    default:
      throw new FlagError(`unknown tls version ${JSON.stringify(name)}`);
  }
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
