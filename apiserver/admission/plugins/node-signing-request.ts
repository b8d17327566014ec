import { parseSigningRequest } from '../../../pki/signing-request.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';

const ofKubelets = new Set([
  'kubernetes.io/kubelet-serving',
  'kubernetes.io/kube-apiserver-client-kubelet',
]);

/** A kubelet asks for certificates of its own node; what else one must say its signer looks at. */
export function checkSigningRequest(node: string, request: AdmissionRequest): void {
  const { operation, object } = request;
  if (operation !== 'CREATE' || !ofKubelets.has(object?.spec?.signerName)) return;
  const name = `system:node:${node}`;
  if (commonNameOf(request) === name) return;
  throw refused(request, `can only create a node CSR with CN=${name}`);
}

function commonNameOf(request: AdmissionRequest): string | undefined {
  const pem = Buffer.from(request.object?.spec?.request ?? '', 'base64').toString('utf8');
  try {
    return parseSigningRequest(pem).subject.commonName;
  } catch (error) {
    throw refused(request, `unable to parse csr: ${(error as Error).message}`);
  }
}
