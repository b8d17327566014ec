import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Credentials } from './client.ts';

function openssl(...words: string[]): void {
  execFileSync('openssl', words, { stdio: 'ignore' });
}

/** A key and a certificate of its own, `key.pem` and `cert.pem` in the folder. */
export function selfSigned(folder: string, name: string): { key: string; cert: string } {
  const [key, cert] = [join(folder, `${name}-key.pem`), join(folder, `${name}-cert.pem`)];
  const wanted = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2'];
  openssl(...wanted, '-keyout', key, '-out', cert, '-subj', `/CN=${name}`);
  return { key, cert };
}

/** An authority's certificate, as a file, and a client of it who is in system:masters. */
export function administrator(folder: string): { authority: string; credentials: Credentials } {
  const authority = selfSigned(folder, 'authority');
  const at = (name: string): string => join(folder, name);
  const asked = ['req', '-newkey', 'rsa:2048', '-nodes', '-subj', '/O=system:masters/CN=bench'];
  openssl(...asked, '-keyout', at('client-key.pem'), '-out', at('client.csr'));
  writeFileSync(at('client.ext'), 'extendedKeyUsage=clientAuth\n');
  const signed = ['x509', '-req', '-days', '2', '-CAcreateserial', '-extfile', at('client.ext')];
  const by = ['-CA', authority.cert, '-CAkey', authority.key];
  openssl(...signed, ...by, '-in', at('client.csr'), '-out', at('client-cert.pem'));
  const [key, cert] = ['client-key.pem', 'client-cert.pem'].map((name) =>
    readFileSync(at(name), 'utf8'),
  ) as [string, string];
  return { authority: authority.cert, credentials: { certificate: { key, cert } } };
}
