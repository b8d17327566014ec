import { isDeepStrictEqual } from 'node:util';
import { semanticEqual } from '../../../object/equal.ts';
import { parseSigningRequest } from '../../../pki/signing-request.ts';
import type { Authorize } from '../../authz/authorize.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { isFor, refused } from '../refusal.ts';

/** Who may approve, sign and attest for which signer. Source: plugin/pkg/admission/certificates. */

const group = 'certificates.k8s.io';
const resource = 'certificatesigningrequests';

/** Allowed for the signer itself or for all of its domain: `example.com/*`. */
async function mayUseSigner(
  authorize: Authorize,
  request: AdmissionRequest,
  verb: 'approve' | 'sign' | 'attest',
  signer: string,
): Promise<boolean> {
  const domain = `${signer.slice(0, Math.max(0, signer.indexOf('/')))}/*`;
  for (const name of [signer, domain]) {
    const decision = await authorize({
      user: request.user,
      verb,
      resourceRequest: true,
      group,
      version: '*',
      resource: 'signers',
      subresource: '',
      namespace: '',
      name,
      path: '',
    });
    if (decision.verdict === 'allow') return true;
  }
  return false;
}

export function makeCertificateApproval(options: { authorize: Authorize }): AdmissionPlugin {
  return {
    name: 'CertificateApproval',
    validate(request) {
      if (request.operation !== 'UPDATE' || !isFor(request, group, resource, 'approval')) {
        return undefined;
      }
      const signer: string = request.oldObject?.spec?.signerName ?? '';
      return mayUseSigner(options.authorize, request, 'approve', signer).then((allowed) => {
        if (!allowed) {
          throw refused(
            request,
            `user not permitted to approve requests with signerName ${JSON.stringify(signer)}`,
          );
        }
      });
    },
  };
}

export function makeCertificateSigning(options: { authorize: Authorize }): AdmissionPlugin {
  return {
    name: 'CertificateSigning',
    validate(request) {
      const { object, oldObject } = request;
      if (request.operation !== 'UPDATE' || !isFor(request, group, resource, 'status')) {
        return undefined;
      }
      const sameCertificate = object?.status?.certificate === oldObject?.status?.certificate;
      const sameConditions = semanticEqual(
        object?.status?.conditions,
        oldObject?.status?.conditions,
      );
      if (sameCertificate && sameConditions) return undefined;
      const signer: string = oldObject?.spec?.signerName ?? '';
      return mayUseSigner(options.authorize, request, 'sign', signer).then((allowed) => {
        if (!allowed) {
          throw refused(
            request,
            `user not permitted to sign requests with signerName ${JSON.stringify(signer)}`,
          );
        }
      });
    },
  };
}

export function makeClusterTrustBundleAttest(options: { authorize: Authorize }): AdmissionPlugin {
  return {
    name: 'ClusterTrustBundleAttest',
    validate(request) {
      const { operation, object, oldObject } = request;
      if (operation !== 'CREATE' && operation !== 'UPDATE') return undefined;
      if (!isFor(request, group, 'clustertrustbundles')) return undefined;
      const signer: string = object?.spec?.signerName ?? '';
      if (signer === '' || isDeepStrictEqual(object?.spec, oldObject?.spec)) return undefined;
      return mayUseSigner(options.authorize, request, 'attest', signer).then((allowed) => {
        if (!allowed) {
          throw refused(
            request,
            `user not permitted to attest for signerName ${JSON.stringify(signer)}`,
          );
        }
      });
    },
  };
}

const clientSigner = 'kubernetes.io/kube-apiserver-client';
const masters = 'system:masters';

/** No certificate makes its holder all-powerful. */
export function makeCertificateSubjectRestriction(): AdmissionPlugin {
  return {
    name: 'CertificateSubjectRestriction',
    validate(request) {
      const spec = request.object?.spec;
      if (request.operation !== 'CREATE' || !isFor(request, group, resource)) return undefined;
      if (spec?.signerName !== clientSigner) return undefined;
      const pem = Buffer.from(spec.request ?? '', 'base64').toString('utf8');
      if (organizationsOf(pem, request).includes(masters)) {
        throw refused(
          request,
          `use of ${clientSigner} signer with ${masters} group is not allowed`,
        );
      }
      return undefined;
    },
  };
}

function organizationsOf(pem: string, request: AdmissionRequest): readonly string[] {
  try {
    return parseSigningRequest(pem).subject.organizations ?? [];
  } catch (error) {
    throw refused(request, `failed to parse CSR: ${(error as Error).message}`);
  }
}
