import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import type { Any } from './cluster.ts';

/**
 * What the webhook of upstream's tests answers (test/images/agnhost/webhook), over TLS: a handler to a path.
 * Everything that it is asked is kept.
 */
export interface WebhookServer {
  asked: { path: string; request: Any }[];
  /** `clientConfig` of a webhook. */
  at(path: string): { url: string; caBundle: string };
  /** The same, without the authority: it cannot be called. */
  unreachable(path: string): { url: string };
  stop(): void;
}

const unwanted = 'webhook-disallow';
const refuse = (message: string) => ({ allowed: false, status: { message } });
const patch = (...operations: object[]) => ({
  allowed: true,
  patchType: 'JSONPatch',
  patch: Buffer.from(JSON.stringify(operations)).toString('base64'),
});

/** `mutation-start` has stage one behind it, stage one has two. */
function stages(data: Record<string, string> = {}): object {
  const steps: object[] = [];
  for (const [before, after] of [
    ['mutation-start', 'mutation-stage-1'],
    ['mutation-stage-1', 'mutation-stage-2'],
  ] as const) {
    if (data[before] === 'yes' && data[after] === undefined) {
      steps.push({ op: 'add', path: `/data/${after}`, value: 'yes' });
    }
  }
  const [first] = steps;
  return first === undefined ? { allowed: true } : patch(first);
}

function refuseData({ object, oldObject, operation }: Any, what: string): object {
  const { data } = operation === 'DELETE' ? oldObject : object;
  if (data?.['webhook-e2e-test'] === unwanted)
    return refuse(`the ${what} contains unwanted key and value`);
  return { allowed: true };
}

const handlers: Record<string, (request: Any) => object | undefined> = {
  '/always-allow': () => ({ allowed: true }),
  '/always-deny': () => refuse('this webhook denies all requests'),
  '/add-label': ({ object }) =>
    patch(
      ...(object.metadata.labels === undefined
        ? [{ op: 'add', path: '/metadata/labels', value: {} }]
        : []),
      { op: 'add', path: '/metadata/labels/added-label', value: 'yes' },
    ),
  '/pods': ({ object }) => {
    const { labels = {} } = object.metadata;
    const reasons = [];
    if (labels['webhook-e2e-test'] === 'wait-forever') return undefined;
    if (object.spec.containers.some(({ name }: Any) => name.includes(unwanted))) {
      reasons.push('the pod contains unwanted container name;');
    }
    if (labels['webhook-e2e-test'] === unwanted) reasons.push('the pod contains unwanted label;');
    return reasons.length === 0 ? { allowed: true } : refuse(reasons.join(' '));
  },
  '/pods/attach': ({ name }) =>
    name === 'to-be-attached-pod'
      ? refuse("attaching to pod 'to-be-attached-pod' is not allowed")
      : { allowed: true },
  '/configmaps': (request) => refuseData(request, 'configmap'),
  '/custom-resource': (request) => refuseData(request, 'custom resource'),
  '/crd': ({ object }) =>
    object.metadata.labels?.['webhook-e2e-test'] === unwanted
      ? refuse('the crd contains unwanted label')
      : { allowed: true },
  '/mutating-configmaps': ({ object }) => stages(object.data),
  '/mutating-custom-resource': ({ object }) => stages(object.data),
  '/mutating-pods': () =>
    patch({
      op: 'add',
      path: '/spec/initContainers',
      value: [
        { image: 'webhook-added-image', name: 'webhook-added-init-container', resources: {} },
      ],
    }),
};

const slow = '/always-allow-delay-5s';
const slowMs = 5000;

export async function startWebhookServer(): Promise<WebhookServer> {
  const durationMs = 3_600_000;
  const authority = await issueAuthority({ commonName: 'e2e-server-cert-ca', durationMs });
  const identity = await issueCertificate(authority, {
    subject: { commonName: 'e2e-test-webhook' },
    usages: ['server auth'],
    names: { dnsNames: [], ipAddresses: ['127.0.0.1'] },
    durationMs,
  });
  const asked: WebhookServer['asked'] = [];
  const tls = { cert: identity.certificatePem, key: identity.privateKeyPem };
  const server = createServer(tls, async (incoming, response) => {
    let body = '';
    for await (const part of incoming) body += part;
    const { pathname: path } = new URL(incoming.url ?? '', 'https://x');
    const { request } = JSON.parse(body);
    asked.push({ path, request });
    if (path === slow) await new Promise((resolve) => setTimeout(resolve, slowMs).unref());
    const answer = handlers[path === slow ? '/always-allow' : path]?.(request);
    if (answer === undefined) return;
    const reply = { apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' };
    response.end(JSON.stringify({ ...reply, response: { uid: request.uid, ...answer } }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const caBundle = Buffer.from(authority.certificatePem).toString('base64');
  return {
    asked,
    at: (path) => ({ url: url + path, caBundle }),
    unreachable: (path) => ({ url: url + path }),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}
