import { X509Certificate } from 'node:crypto';

/**
 * Why certificates in base64 PEM cannot be trusted, in the words of client-go's transport; undefined
 * when they can (k8s.io/apiserver util/webhook ValidateCABundle).
 */
export function caBundleProblem(caBundle: string): string | undefined {
  if (caBundle === '') return undefined;
  const text = Buffer.from(caBundle, 'base64').toString('latin1');
  const blocks = [...text.matchAll(block)];
  let problem = 'unable to parse bytes as PEM block';
  for (const [whole, type = '', body = ''] of blocks) {
    problem = 'no valid certificate authority data seen';
    if (type !== 'CERTIFICATE' || body.includes(':')) continue;
    try {
      void new X509Certificate(whole);
      return undefined;
    } catch {
      problem = 'failed to parse certificate: x509: malformed certificate';
      break;
    }
  }
  return `unable to load root certificates: ${problem}`;
}

const block = /-----BEGIN ([^-]+)-----\r?\n([^-]*)-----END \1-----/g;
