import type { UserInfo } from '../context.ts';
import type { Authenticator } from './authenticator.ts';
import { verifyClientChain } from './certificate-chain.ts';
import { type Authorities, peerCertificates } from './client-certificate.ts';
import { headersByPrefix, headerValues } from './header-values.ts';

/**
 * A proxy in front (another API server's aggregator) has authenticated the user and says so in
 * headers; its own client certificate proves it is that proxy. Source: authentication/request/
 * headerrequest, `--requestheader-*`.
 */
export interface FrontProxyOptions {
  /** `--requestheader-client-ca-file` */
  authorities: Authorities;
  /** `--requestheader-allowed-names`: common names; empty accepts every certificate of the CA. */
  allowedNames: readonly string[];
  usernameHeaders: readonly string[];
  uidHeaders: readonly string[];
  groupHeaders: readonly string[];
  extraHeaderPrefixes: readonly string[];
  now?: () => Date;
}

export function makeFrontProxy(options: FrontProxyOptions): Authenticator {
  const now = options.now ?? (() => new Date());
  const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());
  const usernameHeaders = lower(options.usernameHeaders);
  const uidHeaders = lower(options.uidHeaders);
  const groupHeaders = lower(options.groupHeaders);
  const prefixes = lower(options.extraHeaderPrefixes);
  return {
    name: 'front-proxy',
    authenticate(context): UserInfo | undefined {
      if (!usernameHeaders.some((header) => context.headers[header] !== undefined))
        return undefined;
      const peer = peerCertificates(context);
      if (peer === undefined) return undefined;
      verifyClientChain(peer.leaf, peer.intermediates, options.authorities(), now());
      checkCommonName(peer.leaf.toLegacyObject().subject.CN, options.allowedNames);
      // a header that says nothing leaves it to the next
      const first = (names: readonly string[]) =>
        names.map((header) => headerValues(context, header)[0]).find((value) => !!value);
      const name = first(usernameHeaders);
      if (name === undefined) return undefined;
      const uid = first(uidHeaders);
      const groups = groupHeaders
        .flatMap((header) => headerValues(context, header))
        .filter((group) => group !== '');
      const extra: Record<string, string[]> = {};
      for (const prefix of prefixes) {
        for (const [key, values] of headersByPrefix(context, prefix) ?? []) {
          extra[key] = [...(extra[key] ?? []), ...values];
        }
      }
      for (const header of Object.keys(context.headers)) {
        const identity =
          usernameHeaders.includes(header) ||
          uidHeaders.includes(header) ||
          groupHeaders.includes(header) ||
          prefixes.some((prefix) => header.startsWith(prefix));
        if (identity) delete context.headers[header];
      }
      return { name, ...(uid === undefined ? {} : { uid }), groups, extra };
    },
  };
}

function checkCommonName(commonName: unknown, allowed: readonly string[]): void {
  if (allowed.length === 0) return;
  // of several the last one counts, as in Go
  const names: unknown[] = [commonName].flat();
  const last = names.at(-1);
  const name = typeof last === 'string' ? last : '';
  if (!allowed.includes(name)) {
    throw new Error(`x509: subject with cn=${name} is not in the allowed list`);
  }
}
