import { hash, X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { RequestContext, UserInfo } from '../context.ts';
import type { Authenticator } from './authenticator.ts';
import { verifyClientChain } from './certificate-chain.ts';

/**
 * Identity by TLS client certificate: common name is the user, organizations are the groups
 * (authentication/request/x509). The TLS layer asks for a certificate but accepts any; it is
 * verified here, once per connection and list of authorities.
 */

/** The authorities trusted now. The same array until they are reloaded. */
export type Authorities = () => readonly X509Certificate[];

/** What the client presented, read once per connection. */
export interface PeerCertificates {
  leaf: X509Certificate;
  intermediates: readonly X509Certificate[];
  /** When the leaf does, in milliseconds since 1970. */
  ends: number;
}

interface Verified {
  roots: readonly X509Certificate[];
  /** Milliseconds since 1970; past it, the chain is looked at again. */
  expires: number;
  user: UserInfo | undefined;
  error: Error | undefined;
}

/** Upstream's UID attribute of a certificate subject (KEP-4193 follow-up). */
const uidAttribute = '1.3.6.1.4.1.57683.2';

/** Certificates beside the leaf that are looked at. */
const intermediatesMax = 8;

const peers = new WeakMap<object, PeerCertificates | null>();

/** Undefined when the client presented none. */
export function peerCertificates(context: RequestContext): PeerCertificates | undefined {
  const { socket } = context;
  let peer = peers.get(socket);
  if (peer === undefined) {
    peer = readPeer(socket) ?? null;
    peers.set(socket, peer);
  }
  return peer ?? undefined;
}

function readPeer(socket: TLSSocket): PeerCertificates | undefined {
  const leaf = socket.getPeerX509Certificate?.();
  if (leaf === undefined) return undefined;
  const intermediates: X509Certificate[] = [];
  for (let next = leaf.issuerCertificate; next !== undefined; next = next.issuerCertificate) {
    intermediates.push(next);
    if (intermediates.length === intermediatesMax) break;
  }
  return { leaf, intermediates, ends: leaf.validToDate.getTime() };
}

export function makeClientCertificate(options: {
  /** `--client-ca-file`. */
  authorities: Authorities;
  /** Whether the subject's UID attribute counts (feature gate AllowParsingUserUIDFromCertAuth). */
  uid?: boolean;
  /** Told of every certificate that a request comes with, trusted or not. */
  onLifetime?: (seconds: number) => void;
  now?: () => Date;
}): Authenticator {
  const now = options.now ?? (() => new Date());
  const verified = new WeakMap<object, Verified>();
  return {
    name: 'client-certificate',
    authenticate(context) {
      const peer = peerCertificates(context);
      if (peer === undefined) return undefined;
      options.onLifetime?.((peer.ends - now().getTime()) / 1e3);
      const roots = options.authorities();
      let result = verified.get(context.socket);
      if (result === undefined || result.roots !== roots || result.expires <= now().getTime()) {
        result = verify(peer, roots, now(), options.uid ?? true);
        verified.set(context.socket, result);
      }
      if (result.error !== undefined) throw result.error;
      return result.user;
    },
  };
}

function verify(
  peer: PeerCertificates,
  roots: readonly X509Certificate[],
  now: Date,
  withUid: boolean,
): Verified {
  const { leaf } = peer;
  const refused = (error: Error): Verified => ({
    roots,
    expires: Infinity,
    user: undefined,
    error,
  });
  try {
    verifyClientChain(leaf, peer.intermediates, roots, now);
  } catch (error) {
    const reason = `verifying certificate SN=${leaf.serialNumber} failed: ${(error as Error).message}`;
    return refused(new Error(reason, { cause: error }));
  }
  // Whichever ends first: after it, verification gives the right error by itself.
  const ends = [leaf, ...peer.intermediates].map((c) => c.validToDate.getTime());
  try {
    return { roots, expires: Math.min(...ends), user: userOf(leaf, withUid), error: undefined };
  } catch (error) {
    return refused(error as Error);
  }
}

/** No common name, no user. */
export function userOf(leaf: X509Certificate, withUid = true): UserInfo | undefined {
  const subject = leaf.toLegacyObject().subject as unknown as Record<
    string,
    string | string[] | undefined
  >;
  // of several the last one counts, as in Go
  const name = values(subject.CN).at(-1);
  if (name === undefined || name === '') return undefined;
  const uid = withUid ? uidOf(values(subject[uidAttribute])) : undefined;
  return {
    name,
    ...(uid === undefined ? {} : { uid }),
    groups: values(subject.O),
    extra: {
      'authentication.kubernetes.io/credential-id': [
        `X509SHA256=${hash('sha256', leaf.raw, 'hex')}`,
      ],
    },
  };
}

function uidOf(uids: readonly string[]): string | undefined {
  if (uids.length > 1) throw new Error(`expected 1 UID, but found multiple: [${uids.join(' ')}]`);
  if (uids[0] === '') throw new Error('UID cannot be an empty string');
  return uids[0];
}

function values(attribute: string | string[] | undefined): string[] {
  if (attribute === undefined) return [];
  return typeof attribute === 'string' ? [attribute] : attribute;
}
