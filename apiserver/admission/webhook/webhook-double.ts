import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { after } from 'node:test';
import { issueAuthority, issueCertificate } from '../../../pki/certificate.ts';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { makeWebhookCaller } from '../../webhook/call.ts';
import { makeObject } from '../request-double.ts';
import type { MatchRule } from './match.ts';

/** Webhooks for tests: a real one over TLS, and what registers it. */

const authority = await issueAuthority({ commonName: 'ca', durationMs: 3_600_000 });
const identity = await issueCertificate(authority, {
  subject: { commonName: 'hook' },
  usages: ['server auth'],
  names: { dnsNames: ['hook.infra.svc'] },
  durationMs: 3_600_000,
});

interface Asked {
  path: string;
  // oxlint-disable-next-line no-explicit-any -- JSON, looked into by tests
  review: { apiVersion: string; request: Record<string, any> };
}

/** A real webhook over TLS; `answers` by path. */
export async function webhookServer(
  answers: Record<string, (review: Asked['review']) => object | undefined>,
) {
  const asked: Asked[] = [];
  const server = createServer(
    { cert: identity.certificatePem, key: identity.privateKeyPem },
    async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const review = JSON.parse(body);
      const path = request.url ?? '';
      asked.push({ path, review });
      const answer = answers[path.split('?')[0] ?? '']?.(review);
      // No answer: keeps the caller waiting.
      if (answer === undefined) return;
      response.end(
        JSON.stringify({
          apiVersion: review.apiVersion,
          kind: 'AdmissionReview',
          response: { uid: review.request.uid, ...answer },
        }),
      );
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const caller = makeWebhookCaller({
    resolve: async () => ({ host: '127.0.0.1', port: (server.address() as AddressInfo).port }),
  });
  after(() => {
    caller.close();
    server.closeAllConnections();
    server.close();
  });
  return { asked, caller };
}

export const rule: MatchRule = {
  operations: ['*'],
  apiGroups: [''],
  apiVersions: ['v1'],
  resources: ['pods'],
};

export function configuration(name: string, ...webhooks: object[]) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'Configuration',
    metadata: { name },
    webhooks: webhooks.map((webhook) => ({
      rules: [rule],
      sideEffects: 'None',
      admissionReviewVersions: ['v1'],
      ...webhook,
    })),
  };
}

export function at(path: string) {
  return {
    service: { namespace: 'infra', name: 'hook', path },
    caBundle: Buffer.from(authority.certificatePem).toString('base64'),
  };
}

export function world(caller: ReturnType<typeof makeWebhookCaller>) {
  const configurations = new MemoryLister();
  const namespaces = new MemoryLister();
  namespaces.put({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'ns', labels: { team: 'a' } },
  });
  const options = {
    caller,
    namespaces,
    readNamespace: async () => undefined,
    configurations,
    authorize: ({ verb }: { verb: string }) =>
      ({ verdict: verb === 'may' ? 'allow' : 'no-opinion', reason: '' }) as const,
  };
  return { configurations, options };
}

export const patch = (operations: object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});
export const pod = () => makeObject('Pod', 'p', { spec: {} });
