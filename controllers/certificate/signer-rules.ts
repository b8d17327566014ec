import type { KubeObject } from '../../object/object.ts';

/** What each built-in signer accepts, and what is approved by itself; pure (KEP-1513, certificates/util). */
export interface RequestFacts {
  commonName: string;
  organizations: readonly string[];
  dnsNames: readonly string[];
  ipAddresses: readonly string[];
  emailAddresses: readonly string[];
  uris: readonly string[];
}

export const kubeletClient = 'kubernetes.io/kube-apiserver-client-kubelet';
const kubeletServing = 'kubernetes.io/kubelet-serving';
const client = 'kubernetes.io/kube-apiserver-client';
const legacy = 'kubernetes.io/legacy-unknown';
export const signers: readonly string[] = [kubeletClient, kubeletServing, client, legacy];

function exactly(usages: readonly string[], required: string[], optional: string[]): boolean {
  const given = new Set(usages);
  return (
    required.every((u) => given.has(u)) &&
    [...given].every((u) => required.includes(u) || optional.includes(u))
  );
}

/** Upstream's text of what is wrong, or undefined. */
export function nodeClientProblem(
  facts: RequestFacts,
  usages: readonly string[],
): string | undefined {
  if (facts.organizations.length !== 1 || facts.organizations[0] !== 'system:nodes') {
    return 'subject organization is not system:nodes';
  }
  if (facts.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed';
  if (facts.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (facts.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed';
  if (facts.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!facts.commonName.startsWith('system:node:')) {
    return 'subject common name does not begin with system:node:';
  }
  if (!exactly(usages, ['digital signature', 'client auth'], ['key encipherment'])) {
    return 'usages did not match [client auth digital signature key encipherment]';
  }
  return undefined;
}

function nodeServingProblem(facts: RequestFacts, usages: readonly string[]): string | undefined {
  if (facts.organizations.length !== 1 || facts.organizations[0] !== 'system:nodes') {
    return 'subject organization is not system:nodes';
  }
  if (facts.dnsNames.length === 0 && facts.ipAddresses.length === 0) {
    return 'DNS or IP subjectAltName is required';
  }
  if (facts.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed';
  if (facts.uris.length > 0) return 'URI subjectAltNames are not allowed';
  if (!facts.commonName.startsWith('system:node:')) {
    return 'subject common name does not begin with system:node:';
  }
  if (!exactly(usages, ['digital signature', 'server auth'], ['key encipherment'])) {
    return 'usages did not match [digital signature key encipherment server auth]';
  }
  return undefined;
}

export function signerProblem(
  signer: string,
  facts: RequestFacts,
  usages: readonly string[],
): string | undefined {
  switch (signer) {
    case kubeletClient:
      return nodeClientProblem(facts, usages);
    case kubeletServing:
      return nodeServingProblem(facts, usages);
    case client:
      return exactly(usages, ['client auth'], ['digital signature', 'key encipherment'])
        ? undefined
        : 'usages did not match [client auth digital signature key encipherment]';
    case legacy:
      return undefined;
    default:
      return `unknown signer ${signer}`;
  }
}

export function hasCondition(request: KubeObject, type: string): boolean {
  return (request.status?.conditions ?? []).some((c: { type: string }) => c.type === type);
}

export function isSettled(request: KubeObject): boolean {
  return hasCondition(request, 'Approved') || hasCondition(request, 'Denied');
}

const hourMs = 3_600_000;

/** How long a request is kept: decided ones an hour, undecided ones a day. ms since 1970. */
export function keepUntil(request: KubeObject): number {
  const created = Date.parse(request.metadata.creationTimestamp ?? '') || 0;
  const decided = ['Approved', 'Denied', 'Failed'].flatMap((type) =>
    (request.status?.conditions ?? [])
      .filter((c: { type: string }) => c.type === type)
      .map((c: { lastUpdateTime?: string }) => Date.parse(c.lastUpdateTime ?? '') || created),
  );
  return decided.length === 0 ? created + 24 * hourMs : Math.max(...decided) + hourMs;
}
