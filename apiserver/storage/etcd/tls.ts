import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, getCACertificates } from 'node:tls';
import type { TlsMaterial } from './session.ts';

/** Paths of PEM files, as `--etcd-cafile`, `--etcd-certfile`, `--etcd-keyfile` give them. */
export interface TlsFiles {
  /** Absent: the system's roots. */
  caFile?: string;
  certFile?: string;
  keyFile?: string;
}

export interface LoadedTls {
  material: TlsMaterial;
  /** Changes whenever any file's content does. */
  fingerprint: string;
}

/**
 * Reads the files and checks that they fit together (a certificate without its key, half-written
 * files in the middle of a rotation): throws then, and the caller keeps what it has.
 */
export function loadTls(files: TlsFiles): LoadedTls {
  const ca = files.caFile === undefined ? undefined : readFileSync(files.caFile);
  const cert = files.certFile === undefined ? undefined : readFileSync(files.certFile);
  const key = files.keyFile === undefined ? undefined : readFileSync(files.keyFile);
  if ((cert === undefined) !== (key === undefined)) {
    throw new Error('etcd client certificate and key go together: give both files or none');
  }
  createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  const hash = createHash('sha256');
  for (const part of [ca, cert, key]) hash.update(part ?? '').update('\0');
  const material = { ca: ca ?? getCACertificates('system'), cert, key };
  return { material, fingerprint: hash.digest('hex') };
}
