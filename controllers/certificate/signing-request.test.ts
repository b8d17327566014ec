import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { createSigningRequest } from '../../pki/signing-request.ts';
import { certificateSigningRequests, subjectAccessReviews } from '../resources.ts';
import { startScenario } from '../scenario.ts';
import { hasCondition, kubeletClient } from './signer-rules.ts';
import { approvingController } from './signing-request.ts';

test('a request that is allowed only after it was made is approved then', async () => {
  let allowed = false;
  const scenario = await startScenario((context) => {
    const { create } = context.cluster;
    context.cluster.create = async (ref, object, subresource) =>
      ref === subjectAccessReviews
        ? { ...object, status: { allowed } }
        : create(ref, object, subresource);
    return approvingController(context);
  });
  try {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const subject = { commonName: 'system:node:n', organizations: ['system:nodes'] };
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
    await scenario.cluster.create(certificateSigningRequests, {
      apiVersion: 'certificates.k8s.io/v1',
      kind: 'CertificateSigningRequest',
      metadata: { name: 'r' },
      spec: {
        request: Buffer.from(createSigningRequest(subject, {}, key)).toString('base64'),
        signerName: kubeletClient,
        usages: ['digital signature', 'client auth'],
        username: 'system:bootstrap:abcdef',
      },
    });
    await setTimeout(50);
    allowed = true;
    await scenario.until('it is approved', () => {
      const request = scenario.find(certificateSigningRequests, 'r');
      return request !== undefined && hasCondition(request, 'Approved');
    });
    assert.ok(allowed);
  } finally {
    await scenario.stop();
  }
});
