import { X509Certificate } from 'node:crypto';

/** OID of TLS client authentication and of "any". */
const clientAuth = '1.3.6.1.5.5.7.3.2';
const anyUsage = '2.5.29.37.0';

/** Longest chain followed, leaf and root included. */
const depthMax = 8;

/** All certificates of a PEM bundle. Throws when there is none or one is broken. */
export function parseCertificates(pem: string): X509Certificate[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g);
  if (blocks === null) throw new Error('data does not contain any valid certificates');
  return blocks.map((block) => new X509Certificate(block));
}

/**
 * Follows signatures from the leaf to one of the roots, through the intermediates the client sent.
 * Every certificate on the way must be valid now and usable for client authentication.
 * Throws with the reason when there is no such path. Source: crypto/x509 Verify as upstream asks it.
 */
export function verifyClientChain(
  leaf: X509Certificate,
  intermediates: readonly X509Certificate[],
  roots: readonly X509Certificate[],
  now: Date,
): void {
  checkUsable(leaf, now);
  let path: X509Certificate[][] = [[leaf]];
  for (let depth = 1; depth <= depthMax && path.length > 0; depth++) {
    const longer: X509Certificate[][] = [];
    for (const chain of path) {
      const last = chain.at(-1) as X509Certificate;
      if (roots.some((root) => root.raw.equals(last.raw))) return;
      if (roots.some((root) => isValidAt(root, now) && signed(last, root))) return;
      for (const next of intermediates) {
        if (chain.some((seen) => seen.raw.equals(next.raw))) continue;
        if (next.ca && isUsable(next, now) && signed(last, next)) longer.push([...chain, next]);
      }
    }
    path = longer.slice(0, depthMax);
  }
  throw new Error('x509: certificate signed by unknown authority');
}

function signed(subject: X509Certificate, issuer: X509Certificate): boolean {
  return subject.checkIssued(issuer) && subject.verify(issuer.publicKey);
}

function isValidAt(certificate: X509Certificate, now: Date): boolean {
  return now >= certificate.validFromDate && now <= certificate.validToDate;
}

function isUsable(certificate: X509Certificate, now: Date): boolean {
  return isValidAt(certificate, now) && isForClients(certificate);
}

/** No extended usage at all means every usage. */
function isForClients(certificate: X509Certificate): boolean {
  const usages = certificate.keyUsage as string[] | undefined;
  return (
    usages === undefined ||
    usages.length === 0 ||
    usages.includes(clientAuth) ||
    usages.includes(anyUsage)
  );
}

function checkUsable(leaf: X509Certificate, now: Date): void {
  if (!isValidAt(leaf, now)) {
    throw new Error('x509: certificate has expired or is not yet valid');
  }
  if (!isForClients(leaf)) {
    throw new Error('x509: certificate specifies an incompatible key usage');
  }
}
