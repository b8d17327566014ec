/**
 * Why a backend did not answer, in the words of Go's net and crypto/tls: they are part of messages
 * that upstream shows to clients, and that people search for.
 */

const connecting: Record<string, string> = {
  ECONNREFUSED: 'connect: connection refused',
  EHOSTUNREACH: 'connect: no route to host',
  ENETUNREACH: 'connect: network is unreachable',
  EADDRNOTAVAIL: 'connect: cannot assign requested address',
  ETIMEDOUT: 'i/o timeout',
};

const untrusted = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'CERT_SIGNATURE_FAILURE',
]);

interface Address {
  host: string;
  port: number;
}

/** `host:port`, with brackets around an IPv6 address. */
export function addressText({ host, port }: Address): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

interface NodeError extends Error {
  code?: string;
  host?: string;
  cert?: { subjectaltname?: string };
}

export function backendErrorText(backend: Address, error: NodeError): string {
  const code = error.code ?? '';
  const refused = connecting[code];
  if (refused !== undefined) return `dial tcp ${addressText(backend)}: ${refused}`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return `dial tcp: lookup ${backend.host}: no such host`;
  }
  if (code === 'ECONNRESET' || code === 'EPIPE') {
    return error.message === 'socket hang up' ? 'EOF' : 'read: connection reset by peer';
  }
  const verification = verificationText(code, error, backend);
  if (verification !== undefined) return `tls: failed to verify certificate: x509: ${verification}`;
  if (code === 'EPROTO' && /wrong version number/.test(error.message)) {
    return 'http: server gave HTTP response to HTTPS client';
  }
  return error.message;
}

function verificationText(code: string, error: NodeError, backend: Address): string | undefined {
  if (untrusted.has(code)) return 'certificate signed by unknown authority';
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') {
    return 'certificate has expired or is not yet valid';
  }
  if (code !== 'ERR_TLS_CERT_ALTNAME_INVALID') return undefined;
  const names = (error.cert?.subjectaltname ?? '')
    .split(', ')
    .map((name) => name.replace(/^[^:]*:/, ''))
    .join(', ');
  return `certificate is valid for ${names}, not ${error.host ?? backend.host}`;
}
