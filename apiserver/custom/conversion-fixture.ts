import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import type { ApiClient } from '../verbs/api-client.ts';

/** Test fixture: a real conversion webhook over TLS, and definitions that name it. */

// oxlint-disable-next-line no-explicit-any -- plain JSON
export type Json = Record<string, any>;

export interface Review {
  apiVersion: string;
  request: { uid: string; desiredAPIVersion: string; objects: Json[] };
}

/** What the webhook answers: a response, a text that is no JSON, or nothing ever. */
export type Answer = (review: Review) => Json | string | undefined;

export class ConversionServer {
  readonly reviews: Review[] = [];
  readonly caBundle: string;
  readonly #server: Server;
  answer: Answer = hosts;

  private constructor(server: Server, caBundle: string) {
    this.#server = server;
    this.caBundle = caBundle;
  }

  static async start(): Promise<ConversionServer> {
    const authority = await issueAuthority({ commonName: 'ca', durationMs: 3_600_000 });
    const identity = await issueCertificate(authority, {
      subject: { commonName: 'convert' },
      usages: ['server auth'],
      names: { ipAddresses: ['127.0.0.1'], dnsNames: ['convert.infra.svc'] },
      durationMs: 3_600_000,
    });
    const server = createServer({
      cert: identity.certificatePem,
      key: identity.privateKeyPem,
    });
    const made = new ConversionServer(
      server,
      Buffer.from(authority.certificatePem).toString('base64'),
    );
    server.on('request', async (request, response) => {
      let body = '';
      for await (const part of request) body += part;
      const review = JSON.parse(body) as Review;
      made.reviews.push(review);
      const answer = made.answer(review);
      if (answer === undefined) return;
      if (typeof answer === 'string') return void response.end(answer);
      const { code = 200, ...rest } = answer;
      response.statusCode = code;
      response.end(
        JSON.stringify(
          'kind' in rest
            ? rest
            : {
                apiVersion: review.apiVersion,
                kind: 'ConversionReview',
                response: { uid: review.request.uid, ...rest },
              },
        ),
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return made;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get client(): Json {
    return { url: `https://127.0.0.1:${this.port}/convert`, caBundle: this.caBundle };
  }

  /** How many objects each review since then asked for. */
  take(): number[] {
    return this.reviews.splice(0).map(({ request }) => request.objects.length);
  }

  stop(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export const success = (convertedObjects: unknown): Json => ({
  result: { status: 'Success' },
  convertedObjects,
});

/** v1 has `spec.hostPort: "a:1"`, v2 has `spec.host` and `spec.port`; each says in a label what it was. */
export const hosts: Answer = ({ request }) =>
  success(request.objects.map((object) => moved(object, request.desiredAPIVersion)));

export function moved(object: Json, apiVersion: string): Json {
  const { hostPort, host, port, ...rest } = object['spec'] ?? {};
  const spec = { ...rest };
  if (apiVersion.endsWith('/v1')) {
    if (host !== undefined) spec.hostPort = `${host}:${port}`;
  } else if (hostPort !== undefined) {
    const [name, number] = hostPort.split(':');
    spec.host = name;
    spec.port = Number(number);
  }
  // an apply asks about what it leaves of an object, which may have no metadata
  const metadata: Json = object['metadata'] ?? {};
  const labels = { ...metadata['labels'], shown: apiVersion.split('/')[1] };
  return { ...object, apiVersion, metadata: { ...metadata, labels }, spec };
}

const text = { type: 'string' };

const fields: Record<string, Json> = {
  v1: { hostPort: text },
  v2: { host: text, port: { type: 'integer' } },
};

/** Each resource has a kind of its own: names are taken once in a group. */
export const kindOf = (plural: string): string => plural.charAt(0).toUpperCase() + plural.slice(1);

/** A resource of example.com in v1 (stored) and v2. */
export function hostDefinition(plural: string, conversion: Json): Json {
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural, kind: kindOf(plural) },
      versions: ['v1', 'v2'].map((name) => hostVersion(name, name === 'v1')),
      conversion,
    },
  };
}

export function hostVersion(name: string, storage: boolean): Json {
  const replicas = { replicas: { type: 'integer' } };
  const spec = { type: 'object', properties: { ...fields[name], ...replicas } };
  const status = { type: 'object', properties: replicas };
  return {
    name,
    served: true,
    storage,
    schema: { openAPIV3Schema: { type: 'object', properties: { spec, status } } },
    subresources: {
      status: {},
      scale: { specReplicasPath: '.spec.replicas', statusReplicasPath: '.status.replicas' },
    },
    selectableFields: [{ jsonPath: name === 'v1' ? '.spec.hostPort' : '.spec.host' }],
    additionalPrinterColumns: [
      { name: 'Where', type: 'string', jsonPath: name === 'v1' ? '.spec.hostPort' : '.spec.host' },
    ],
  };
}

export const webhookConversion = (clientConfig: Json, versions: string[] = ['v1']): Json => ({
  strategy: 'Webhook',
  webhook: { clientConfig, conversionReviewVersions: versions },
});

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** Makes the definition; resolves when it is served. */
export async function define(api: ApiClient, definition: Json): Promise<void> {
  const made = await api.create(definitions, definition);
  if (made.code !== 201) throw new Error(made.text);
  const path = `${definitions}?watch=1&fieldSelector=metadata.name%3D${definition['metadata'].name}`;
  const stream = await api.watch(path);
  const isEstablished = (condition: Json): boolean =>
    condition['type'] === 'Established' && condition['status'] === 'True';
  for (;;) {
    const event = await stream.next();
    if ((event.object.status?.conditions ?? []).some(isEstablished)) break;
  }
  stream.close();
}

/** Changes the spec of a definition; resolves when requests see it. */
export async function redefine(api: ApiClient, name: string, spec: Json): Promise<Json> {
  const changed = await api.patch(`${definitions}/${name}`, 'merge', { spec });
  if (changed.code !== 200) throw new Error(changed.text);
  return changed.body;
}

export const host = (plural: string, name: string, version: string, spec: Json): Json => ({
  apiVersion: `example.com/${version}`,
  kind: kindOf(plural),
  metadata: { name },
  spec,
});

export const hostPath = (plural: string, version: string, name?: string): string =>
  `/apis/example.com/${version}/namespaces/default/${plural}${name === undefined ? '' : `/${name}`}`;
