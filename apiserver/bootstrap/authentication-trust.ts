import { X509Certificate } from 'node:crypto';
import { parseCertificates } from '../authn/certificate-chain.ts';

/**
 * What aggregated API servers need to trust client certificates and the front proxy: the data of ConfigMap
 * kube-system/extension-apiserver-authentication. Several servers write it, each adds what it has itself;
 * expired certificates leave. Source: pkg/controlplane/controller/clusterauthenticationtrust.
 */
export interface AuthenticationTrust {
  /** PEM bundles; empty: none. */
  clientCa: string;
  requestHeaderCa: string;
  allowedNames: readonly string[];
  usernameHeaders: readonly string[];
  uidHeaders: readonly string[];
  groupHeaders: readonly string[];
  extraHeaderPrefixes: readonly string[];
}

/** Throws when what is there cannot be read. */
export function combinedTrust(
  existing: Readonly<Record<string, string>>,
  own: AuthenticationTrust,
  now = Date.now(),
): Record<string, string> {
  const clientCa = combinedBundle(existing['client-ca-file'], own.clientCa, now);
  const requestHeaderCa = combinedBundle(
    existing['requestheader-client-ca-file'],
    own.requestHeaderCa,
    now,
  );
  const list = (key: string, more: readonly string[]): [string, string] => [
    `requestheader-${key}`,
    JSON.stringify([...new Set([...listOf(existing[`requestheader-${key}`]), ...more])]),
  ];
  const lists = [
    list('username-headers', own.usernameHeaders),
    list('uid-headers', own.uidHeaders),
    list('group-headers', own.groupHeaders),
    list('extra-headers-prefix', own.extraHeaderPrefixes),
    list('allowed-names', own.allowedNames),
  ];
  return {
    ...(clientCa === '' ? {} : { 'client-ca-file': clientCa }),
    ...(requestHeaderCa === ''
      ? {}
      : { ...Object.fromEntries(lists), 'requestheader-client-ca-file': requestHeaderCa }),
  };
}

function listOf(json: string | undefined): string[] {
  if (json === undefined || json === '') return [];
  const list: unknown = JSON.parse(json);
  if (!Array.isArray(list) || list.some((one) => typeof one !== 'string')) {
    throw new Error(`${json} is no list of strings`);
  }
  return list;
}

/** Clocks differ. */
const slackMs = 5 * 60_000;

function combinedBundle(existing: string | undefined, own: string, now: number): string {
  const all = [existing ?? '', own].filter((pem) => pem !== '').flatMap(parseCertificates);
  const good = all.filter(({ validToDate }) => validToDate.getTime() > now - slackMs);
  const byBytes = new Map(good.map((certificate) => [certificate.fingerprint256, certificate]));
  return [...byBytes.values()].map(pemOf).join('');
}

function pemOf(certificate: X509Certificate): string {
  return certificate.toString();
}
