import { access, mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { kubernetesServiceIp, type ServerConfig } from '../config.ts';

const yearMs = 365 * 24 * 3600 * 1000;

/**
 * `--cert-dir`: without --tls-cert-file a certificate `apiserver.crt` with its key is made there, or
 * used when it is there already (k8s.io/apiserver MaybeDefaultWithSelfSignedCerts).
 */
export async function selfSigned(
  config: ServerConfig,
): Promise<{ certFile: string; keyFile: string }> {
  const certFile = join(config.identity.certDir, 'apiserver.crt');
  const keyFile = join(config.identity.certDir, 'apiserver.key');
  if (await exist(certFile, keyFile)) return { certFile, keyFile };
  await mkdir(config.identity.certDir, { recursive: true });
  const authority = await issueAuthority({
    commonName: `${hostname()}-ca@${Math.floor(Date.now() / 1000)}`,
    durationMs: yearMs,
  });
  const addresses = new Set([
    '127.0.0.1',
    config.listen.advertiseAddress,
    kubernetesServiceIp(config.services),
  ]);
  const leaf = await issueCertificate(authority, {
    subject: { commonName: `${hostname()}@${Math.floor(Date.now() / 1000)}` },
    names: {
      dnsNames: [
        'localhost',
        hostname(),
        'kubernetes',
        'kubernetes.default',
        'kubernetes.default.svc',
      ],
      ipAddresses: [...addresses],
    },
    usages: ['server auth'],
    durationMs: yearMs,
  });
  await writeFile(certFile, leaf.certificatePem + authority.certificatePem);
  await writeFile(keyFile, leaf.privateKeyPem, { mode: 0o600 });
  return { certFile, keyFile };
}

async function exist(...files: string[]): Promise<boolean> {
  try {
    await Promise.all(files.map((file) => access(file)));
    return true;
  } catch {
    return false;
  }
}
