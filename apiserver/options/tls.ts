import { isIP } from 'node:net';
import { FlagError } from '../../flags/flag-set.ts';

/** Go's names for what OpenSSL names otherwise (component-base cli/flag ciphersuites_flag.go). */
const ciphers: Readonly<Record<string, string>> = {
  TLS_AES_128_GCM_SHA256: 'TLS_AES_128_GCM_SHA256',
  TLS_AES_256_GCM_SHA384: 'TLS_AES_256_GCM_SHA384',
  TLS_CHACHA20_POLY1305_SHA256: 'TLS_CHACHA20_POLY1305_SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
};

const tls13 = Object.keys(ciphers).slice(0, 3);

/** What Go's crypto/tls takes when nothing is named, in its order: 128 bits before 256, CBC last. */
const goDefaults = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
];

/** `--tls-cipher-suites` for OpenSSL; those of TLS 1.3 are always on, as in Go. */
export function cipherList(names: readonly string[]): string {
  const wanted = names.length === 0 ? goDefaults : names;
  const chosen = wanted.map((name) => {
    const known = ciphers[name];
    if (known === undefined) {
      throw new FlagError(`Cipher suite ${name} not supported or doesn't exist`);
    }
    return known;
  });
  return [...new Set([...tls13, ...chosen])].join(':');
}

/** By the numbers of crypto/tls CurveID (which are IANA's), OpenSSL's names. */
const curves: Readonly<Record<string, string>> = {
  '23': 'P-256',
  '24': 'P-384',
  '25': 'P-521',
  '29': 'X25519',
  '4588': 'X25519MLKEM768',
};

/** `--tls-curve-preferences` for OpenSSL. */
export function curveList(numbers: readonly string[]): string | undefined {
  if (numbers.length === 0) return undefined;
  return numbers
    .map((number) => {
      const known = curves[number.trim()];
      if (known === undefined) {
        throw new FlagError(`--tls-curve-preferences: ${number} not supported or doesn't exist`);
      }
      return known;
    })
    .join(':');
}

export interface SniKeyFiles {
  certFile: string;
  keyFile: string;
  /** Empty: those of the certificate. */
  names: readonly string[];
}

/** `cert,key[:name,name]` (cli/flag namedcertkey_flag.go). */
export function parseSniKeys(given: readonly string[]): SniKeyFiles[] {
  return given.map((text) => {
    const fault = (why: string) =>
      new FlagError(
        `invalid argument ${JSON.stringify(text)} for "--tls-sni-cert-key" flag: ${why}`,
      );
    const cut = text.indexOf(':');
    const [files, names] = cut < 0 ? [text] : [text.slice(0, cut), text.slice(cut + 1).trim()];
    if (names === '') throw fault('empty names list is not allowed');
    const [certFile = '', keyFile = '', ...more] = files.split(',').map((part) => part.trim());
    if (certFile === '' || keyFile === '' || more.length > 0) {
      throw fault('expected comma separated certificate and key file paths');
    }
    const given = names?.split(',').map((name) => name.trim()) ?? [];
    const address = given.find((name) => isIP(name) !== 0);
    if (address !== undefined) {
      throw fault(
        `${address} is not supported by this server: certificates are chosen by the name that is asked for`,
      );
    }
    return { certFile, keyFile, names: given };
  });
}
