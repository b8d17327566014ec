import { createPrivateKey, X509Certificate } from 'node:crypto';
import { FlagError } from '../flags/flag-set.ts';
import type { Logger } from '../log/log.ts';
import { type Followed, followFiles } from '../pki/reload.ts';
import { parseCertificates } from './authn/certificate-chain.ts';
import {
  parseSigningKey,
  parseVerificationKeys,
  type SigningKey,
  type VerificationKey,
} from './authn/service-account-keys.ts';
import { parseTokenFile } from './authn/static-token.ts';
import type { ServerConfig } from './config.ts';
import type { UserInfo } from './context.ts';
import type { NamedIdentity, ServerIdentity } from './request/listener.ts';
import { selfSigned } from './request/self-signed.ts';

/**
 * Every key, certificate and token the server reads from files, followed while it runs. A set that
 * does not fit together (a key without its certificate) is not taken; the last good one stays.
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
  close(): void;
}

interface Loaded {
  identity: ServerIdentity;
  clientAuthorities: readonly X509Certificate[];
  frontProxyAuthorities: readonly X509Certificate[];
  verificationKeys: readonly VerificationKey[];
  signingKey: SigningKey;
  clientCaPem: string;
  frontProxyCaPem: string;
}

export async function loadCredentials(
  config: ServerConfig,
  log: Logger,
  onIdentity: (identity: ServerIdentity) => void,
): Promise<Credentials> {
  const { authn } = config;
  const identityFiles =
    config.identity.certFile === '' ? await selfSigned(config) : config.identity;
  const files: Record<string, string> = {
    certificate: identityFiles.certFile,
    key: identityFiles.keyFile,
    signing: authn.serviceAccount.signingKeyFile,
  };
  if (authn.clientCaFile !== '') files['clientCa'] = authn.clientCaFile;
  if (authn.frontProxy.caFile !== '') files['frontProxyCa'] = authn.frontProxy.caFile;
  if (authn.tokenFile !== '') files['tokens'] = authn.tokenFile;
  authn.serviceAccount.keyFiles.forEach((file, index) => {
    files[`verification${index}`] = file;
  });
  config.identity.sni.forEach(({ certFile, keyFile }, index) => {
    files[`sniCertificate${index}`] = certFile;
    files[`sniKey${index}`] = keyFile;
  });
  const sniNames = config.identity.sni.map(({ names }) => names);

  let loaded: Loaded;
  const followed: Followed = await followFiles({
    files,
    onChange(contents) {
      const next = parse(contents, sniNames);
      const identityChanged =
        next.identity.certificate !== loaded.identity.certificate ||
        next.identity.key !== loaded.identity.key ||
        next.clientCaPem !== loaded.clientCaPem ||
        JSON.stringify(next.identity.named) !== JSON.stringify(loaded.identity.named);
      loaded = next;
      if (identityChanged) onIdentity(next.identity);
      log.info({ certificate: fingerprintOf(next.identity) }, 'credentials reloaded from files');
    },
    onError: (error) => log.warn({ error }, 'credentials on disk cannot be used, keeping the last'),
  });
  loaded = parse(followed.contents, sniNames);
  if (authn.frontProxy.allowedNames.length === 0) checkApart(loaded);
  const tokens = parseTokenFile(text(followed.contents['tokens']), authn.tokenFile, (record, why) =>
    log.warn({ record, why }, 'a record of the token file was skipped'),
  );
  return {
    identity: () => loaded.identity,
    clientAuthorities: () => loaded.clientAuthorities,
    frontProxyAuthorities: () => loaded.frontProxyAuthorities,
    verificationKeys: () => loaded.verificationKeys,
    signingKey: () => loaded.signingKey,
    tokens,
    clientCaPem: () => loaded.clientCaPem,
    frontProxyCaPem: () => loaded.frontProxyCaPem,
    close: () => followed.close(),
  };
}

/** Whoever has an ordinary client certificate must not pass for a front proxy. Throws FlagError. */
function checkApart({ clientAuthorities, frontProxyAuthorities }: Loaded): void {
  const clients = new Set(clientAuthorities.map(({ fingerprint256 }) => fingerprint256));
  if (!frontProxyAuthorities.some(({ fingerprint256 }) => clients.has(fingerprint256))) return;
  throw new FlagError(
    '--requestheader-client-ca-file and --client-ca-file contain overlapping certificates; --requestheader-allowed-names must be specified to ensure regular client certificates cannot set authenticating proxy headers for arbitrary users',
  );
}

function text(bytes: Buffer | undefined): string {
  return bytes === undefined ? '' : bytes.toString('utf8');
}

function parse(
  contents: Readonly<Record<string, Buffer>>,
  sniNames: readonly (readonly string[])[],
): Loaded {
  const certificate = text(contents['certificate']);
  const key = text(contents['key']);
  const leaf = new X509Certificate(certificate);
  const clientCaPem = text(contents['clientCa']);
  const frontProxyCaPem = text(contents['frontProxyCa']);
  const signingKey = parseSigningKey(text(contents['signing']));
  const verification = Object.entries(contents)
    .filter(([name]) => name.startsWith('verification'))
    .flatMap(([, bytes]) => parseVerificationKeys(text(bytes)));
  checkPair(leaf, key);
  return {
    identity: {
      certificate,
      key,
      clientCa: [clientCaPem, frontProxyCaPem].filter((pem) => pem !== ''),
      named: sniNames.map((names, index) =>
        namedIdentity(
          names,
          text(contents[`sniCertificate${index}`]),
          text(contents[`sniKey${index}`]),
        ),
      ),
    },
    clientAuthorities: clientCaPem === '' ? [] : parseCertificates(clientCaPem),
    frontProxyAuthorities: frontProxyCaPem === '' ? [] : parseCertificates(frontProxyCaPem),
    // the signing key verifies too, as upstream falls back to it when no key file is given
    verificationKeys: verification.length > 0 ? verification : [signingKey],
    signingKey,
    clientCaPem,
    frontProxyCaPem,
  };
}

function checkPair(certificate: X509Certificate, key: string): void {
  if (!certificate.checkPrivateKey(createPrivateKey(key))) {
    throw new Error('the serving key does not belong to the serving certificate');
  }
}

/** Without names of its own it stands for those of the certificate. */
function namedIdentity(names: readonly string[], certificate: string, key: string): NamedIdentity {
  const leaf = new X509Certificate(certificate);
  checkPair(leaf, key);
  const own = [...(leaf.subjectAltName ?? '').matchAll(/DNS:([^,\s]+)/g)].map(
    (m) => m[1] as string,
  );
  const common = /^CN=(.+)$/m.exec(leaf.subject)?.[1];
  const found = own.length > 0 ? own : common === undefined ? [] : [common];
  return { names: names.length > 0 ? names : found, certificate, key };
}

function fingerprintOf(identity: ServerIdentity): string {
  return new X509Certificate(identity.certificate).fingerprint256;
}
