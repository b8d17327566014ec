import type { CertificateStatus } from '../../crds/control-plane.ts';
import type { KubeObject } from '../../object/object.ts';
import { timestamp } from '../../object/object.ts';
import {
  type CertificateFacts,
  isIssuedBy,
  keyMatches,
  readCertificate,
} from '../../pki/fingerprint.ts';
import { readKubeconfig } from '../../pki/kubeconfig.ts';
import type { AuthorityPlan, CertificatePlan, LeafPlan } from './desired/certificates.ts';
import { milliseconds } from './durations.ts';
import { type Picture, secretText } from './picture.ts';

/** Which certificates have to be made, and why: pure, from the plan and the Secrets there are. */

export interface Issue {
  plan: LeafPlan;
  /** CamelCase, as the reason of an Event. */
  reason: 'Missing' | 'Unusable' | 'WrongAuthority' | 'Changed' | 'Expiring';
  /** The Secret to replace; undefined when there is none. */
  existing: KubeObject | undefined;
}

export interface Verdict {
  authorities: AuthorityPlan[];
  serviceAccount: boolean;
  leaves: Issue[];
  /** Secrets of authorities that exist and cannot be used: a person must decide. */
  broken: string[];
  certificates: CertificateStatus[];
  /** When the next leaf is due; undefined before there is any. */
  nextRenewal: Date | undefined;
}

function facts(pem: string | undefined): CertificateFacts | undefined {
  try {
    return pem === undefined ? undefined : readCertificate(pem);
  } catch {
    return undefined;
  }
}

interface Held {
  certificatePem: string;
  privateKeyPem: string;
  server?: string;
}

/** What a leaf's Secret holds, whatever its form. */
export function heldCertificate(plan: LeafPlan, secret: KubeObject | undefined): Held | undefined {
  if (plan.kubeconfig !== undefined) {
    const config = readKubeconfig(secretText(secret, 'value') ?? '');
    if (config === undefined) return undefined;
    const { clientCertificatePem, clientKeyPem, server } = config;
    return { certificatePem: clientCertificatePem, privateKeyPem: clientKeyPem, server };
  }
  const certificatePem = secretText(secret, 'tls.crt');
  const privateKeyPem = secretText(secret, 'tls.key');
  if (certificatePem === undefined || privateKeyPem === undefined) return undefined;
  return { certificatePem, privateKeyPem };
}

/** The authority a Secret carries beside its certificate; it must be the one in force. */
function heldAuthority(plan: LeafPlan, secret: KubeObject | undefined): string | undefined {
  if (plan.kubeconfig === undefined) return secretText(secret, 'ca.crt');
  return readKubeconfig(secretText(secret, 'value') ?? '')?.certificateAuthority;
}

function sameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && new Set([...a, ...b]).size === a.length;
}

function judgeLeaf(
  plan: LeafPlan,
  secret: KubeObject | undefined,
  authority: string | undefined,
  dueBefore: Date,
): Issue['reason'] | undefined {
  if (secret === undefined) return 'Missing';
  const held = heldCertificate(plan, secret);
  const known = facts(held?.certificatePem);
  if (held === undefined || known === undefined) return 'Unusable';
  if (!keyMatches(held.certificatePem, held.privateKeyPem)) return 'Unusable';
  if (authority === undefined || !isIssuedBy(held.certificatePem, authority)) {
    return 'WrongAuthority';
  }
  if (heldAuthority(plan, secret) !== authority) return 'WrongAuthority';
  const same =
    known.commonName === plan.commonName &&
    sameSet(known.organizations, plan.organizations) &&
    sameSet(known.dnsNames, plan.dnsNames) &&
    sameSet(known.ipAddresses, plan.ipAddresses) &&
    held.server === plan.kubeconfig?.server;
  if (!same) return 'Changed';
  return known.notAfter <= dueBefore ? 'Expiring' : undefined;
}

function statusOf(name: string, known: CertificateFacts): CertificateStatus {
  return { name, notAfter: timestamp(known.notAfter), fingerprint: known.fingerprint };
}

export function judgeCertificates(picture: Picture, plan: CertificatePlan): Verdict {
  const secrets = picture.children.secret;
  const { pki } = picture.controlPlane.spec;
  const renewBefore = milliseconds(pki.renewBefore);
  const dueBefore = new Date(picture.now.getTime() + renewBefore);
  const authorities = plan.authorities.filter((a) => !secrets.has(a.secret));
  const broken: string[] = [];
  const certificates: CertificateStatus[] = [];
  for (const { secret } of plan.authorities) {
    if (!secrets.has(secret)) continue;
    const certificate = secretText(secrets.get(secret), 'tls.crt');
    const known = facts(certificate);
    const key = secretText(secrets.get(secret), 'tls.key') ?? '';
    if (known === undefined || !keyMatches(certificate ?? '', key)) broken.push(secret);
    else certificates.push(statusOf(secret, known));
  }
  const leaves: Issue[] = [];
  let next: number | undefined;
  for (const leaf of plan.leaves) {
    const existing = secrets.get(leaf.secret);
    const authority = secretText(secrets.get(leaf.authority), 'tls.crt');
    const usable = facts(authority) === undefined ? undefined : authority;
    const known = facts(heldCertificate(leaf, existing)?.certificatePem);
    if (known !== undefined) certificates.push(statusOf(leaf.secret, known));
    // A leaf that ends with its authority cannot be made to live longer.
    const limit = facts(authority)?.notAfter;
    const atLimit = known !== undefined && limit !== undefined && known.notAfter >= limit;
    const reason = judgeLeaf(leaf, existing, usable, atLimit ? picture.now : dueBefore);
    if (reason !== undefined && !broken.includes(leaf.authority)) {
      leaves.push({ plan: leaf, reason, existing });
    }
    if (known !== undefined && reason === undefined && !atLimit) {
      const due = known.notAfter.getTime() - renewBefore;
      next = next === undefined ? due : Math.min(next, due);
    }
  }
  return {
    authorities,
    serviceAccount: !secrets.has(picture.names.secrets.serviceAccount),
    leaves,
    broken,
    certificates,
    nextRenewal: next === undefined ? undefined : new Date(next),
  };
}
