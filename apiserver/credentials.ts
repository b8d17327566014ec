import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { FlagError } from '../flags/flag-set.ts';
import type { Logger } from '../log/log.ts';
import { dns1123SubdomainErrors } from '../object/name.ts';
import { parseCertificates } from './authn/certificate-chain.ts';
import {
  parseSigningKey,
  parseVerificationKeys,
  type SigningKey,
  type VerificationKey,
} from '../pki/token-keys.ts';
import { parseTokenFile } from './authn/static-token.ts';
import type { ServerConfig } from './config.ts';
import type { UserInfo } from './context.ts';
import { type FollowedPart, followPart, type PartEvents } from './followed-part.ts';
import type { NamedIdentity, ServerIdentity } from './request/listener.ts';
import { selfSigned } from './request/self-signed.ts';

/**
 * Every key, certificate and token the server reads from files. All but the tokens are followed while it
 * runs. A set that does not fit together (a key without its certificate) is not taken; the last good one stays.
 */
export interface Credentials {
  identity(): ServerIdentity;
  clientAuthorities(): readonly X509Certificate[];
  frontProxyAuthorities(): readonly X509Certificate[];
  verificationKeys(): readonly VerificationKey[];
  signingKey(): SigningKey;
  tokens: ReadonlyMap<string, UserInfo>;
  /** PEM of the bundles, for the extension-apiserver-authentication ConfigMap. */
  clientCaPem(): string;
  frontProxyCaPem(): string;
  /** Called whenever one of the bundles is another one. */
  onTrustChange(listener: () => void): void;
  close(): void;
}

interface Authorities {
  pem: string;
  certificates: readonly X509Certificate[];
}

export async function loadCredentials(
  config: ServerConfig,
  log: Logger,
  onIdentity: (identity: ServerIdentity) => void,
): Promise<Credentials> {
  const trustListeners: (() => void)[] = [];
  const parts = await followParts(config, {
    log,
    changed(name) {
      if (name.startsWith('serving') || name === 'client-ca') onIdentity(identity());
      if (name.endsWith('-ca')) for (const listener of trustListeners) listener();
    },
  });
  const { serving, named, clientCa, frontProxyCa, signing, verification } = parts;
  const identity = (): ServerIdentity => ({
    ...serving.current(),
    clientCa: [clientCa.current().pem, frontProxyCa.current().pem].filter((pem) => pem !== ''),
    named: named.map((one) => one.current()),
  });
  if (config.authn.frontProxy.allowedNames.length === 0) {
    checkApart(clientCa.current(), frontProxyCa.current());
  }
  return {
    identity,
    clientAuthorities: () => clientCa.current().certificates,
    frontProxyAuthorities: () => frontProxyCa.current().certificates,
    // the signing key verifies too, as upstream falls back to it when no key file is given
    verificationKeys: () => verification?.current() ?? signing.current().verification,
    signingKey: () => signing.current().key,
    tokens: await readTokens(config.authn.tokenFile, log),
    clientCaPem: () => clientCa.current().pem,
    frontProxyCaPem: () => frontProxyCa.current().pem,
    onTrustChange: (listener) => void trustListeners.push(listener),
    close() {
      for (const part of [serving, ...named, clientCa, frontProxyCa, signing, verification]) {
        part?.close();
      }
    },
  };
}

/** One after the other: a start says what is wrong in the order of the flags. */
async function followParts(config: ServerConfig, events: PartEvents) {
  const { authn, identity } = config;
  const { keyFiles, signingKeyFile } = authn.serviceAccount;
  const files = identity.certFile === '' ? await selfSigned(config) : identity;
  const serving = await followPair('serving', files, (pair) => pair, events);
  const named: FollowedPart<NamedIdentity>[] = [];
  for (const [i, { names, ...pair }] of identity.sni.entries()) {
    named.push(await followPair(`serving-${i}`, pair, (own) => namedIdentity(names, own), events));
  }
  return {
    serving,
    named,
    clientCa: await followAuthorities('client-ca', authn.clientCaFile, events),
    frontProxyCa: await followAuthorities('request-header-ca', authn.frontProxy.caFile, events),
    signing: await followPart(
      'signing',
      { signing: signingKeyFile },
      ({ signing = '' }) => {
        const key = parseSigningKey(signing);
        return { key, verification: [key] };
      },
      events,
    ),
    verification:
      keyFiles.length === 0
        ? undefined
        : await followPart(
            'verification',
            Object.fromEntries(keyFiles.map((file, i) => [String(i), file])),
            (contents) => Object.values(contents).flatMap(parseVerificationKeys),
            events,
          ),
  };
}

function followAuthorities(
  name: string,
  file: string,
  events: PartEvents,
): Promise<FollowedPart<Authorities>> | FollowedPart<Authorities> {
  if (file === '') {
    const none: Authorities = { pem: '', certificates: [] };
    return { current: () => none, close() {} };
  }
  const read = ({ pem = '' }): Authorities => ({ pem, certificates: parseCertificates(pem) });
  return followPart(name, { pem: file }, read, events);
}

interface Pair {
  certificate: string;
  key: string;
}

function followPair<T>(
  name: string,
  { certFile, keyFile }: { certFile: string; keyFile: string },
  read: (pair: Pair) => T,
  events: PartEvents,
): Promise<FollowedPart<T>> {
  return followPart(
    name,
    { certificate: certFile, key: keyFile },
    ({ certificate = '', key = '' }) => {
      if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key))) {
        throw new Error('the serving key does not belong to the serving certificate');
      }
      return read({ certificate, key });
    },
    events,
  );
}

/** Whoever has an ordinary client certificate must not pass for a front proxy. Throws FlagError. */
function checkApart(ofClients: Authorities, ofFrontProxies: Authorities): void {
  const clients = new Set(ofClients.certificates.map(({ fingerprint256 }) => fingerprint256));
  if (!ofFrontProxies.certificates.some(({ fingerprint256 }) => clients.has(fingerprint256))) {
    return;
  }
  throw new FlagError(
    '--requestheader-client-ca-file and --client-ca-file contain overlapping certificates; --requestheader-allowed-names must be specified to ensure regular client certificates cannot set authenticating proxy headers for arbitrary users',
  );
}

/** Read once, as upstream does. */
async function readTokens(file: string, log: Logger): Promise<ReadonlyMap<string, UserInfo>> {
  const text = file === '' ? '' : await readFile(file, 'utf8');
  return parseTokenFile(text, file, (record, why) =>
    log.warn({ record, why }, 'a record of the token file was skipped'),
  );
}

/**
 * Without names given it stands for those of the certificate: its common name, unless that is an address
 * or no name of a host, and its DNS names.
 */
function namedIdentity(given: readonly string[], pair: Pair): NamedIdentity {
  if (given.length > 0) return { ...pair, names: given, given: true };
  const leaf = new X509Certificate(pair.certificate);
  const common = [...leaf.subject.matchAll(/^CN=(.+)$/gm)].map((match) => match[1] as string);
  const own = common.slice(-1).filter(isHostName);
  const others = [...(leaf.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)];
  return { ...pair, names: [...own, ...others.map((m) => m[1] as string)], given: false };
}

function isHostName(name: string): boolean {
  if (name === '*') return true;
  const isAddress = /^\d+(\.\d+){3}$/.test(name);
  return !isAddress && dns1123SubdomainErrors(name.replace(/^\*\./, '')).length === 0;
}
