import type { LoadClient } from './client.ts';
import type { Target } from './requests.ts';

/** A custom resource with a structural schema like that of a workload: 3.3 KB as answered. */

const group = 'load.example';
const text = { type: 'string' };
const map = { type: 'object', additionalProperties: text };

function object(properties: Record<string, unknown>, required: string[] = []): unknown {
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function list(items: unknown, key?: string): unknown {
  const keyed =
    key === undefined
      ? {}
      : { 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': [key] };
  return { type: 'array', items, ...keyed };
}

const container = object(
  {
    name: { ...text, maxLength: 63, pattern: '^[a-z0-9]([-a-z0-9]*[a-z0-9])?$' },
    image: text,
    args: list(text),
    env: list(object({ name: text, value: text }, ['name']), 'name'),
    ports: list(
      object({
        name: text,
        containerPort: { type: 'integer', minimum: 1, maximum: 65_535 },
        protocol: { ...text, default: 'TCP', enum: ['TCP', 'UDP', 'SCTP'] },
      }),
    ),
    resources: object({ requests: map, limits: map }),
  },
  ['name', 'image'],
);

const spec = object({
  replicas: { type: 'integer', minimum: 0, default: 1 },
  restartPolicy: { ...text, default: 'Always' },
  note: text,
  containers: list(container, 'name'),
});

const definition = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `works.${group}` },
  spec: {
    group,
    scope: 'Namespaced',
    names: { plural: 'works', singular: 'work', kind: 'Work' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: object({ spec, status: object({ ready: text }) }) },
      },
    ],
  },
});

function body(i: number): string {
  const env = Array.from({ length: 8 }, (_, k) => ({ name: `VAR_${k}`, value: `value-${k}` }));
  const main = {
    name: 'main',
    image: 'registry.example/app:v1',
    args: ['--a=1', '--b=2'],
    env,
    resources: { requests: { cpu: '100m', memory: '64Mi' } },
    ports: [{ containerPort: 8080, name: 'http' }],
  };
  const labels = { app: `a${i % 50}`, tier: 'web', 'pod-template-hash': `abc${i % 7}` };
  return JSON.stringify({
    apiVersion: `${group}/v1`,
    kind: 'Work',
    metadata: { name: `p${i}`, labels, annotations: { note: 'x'.repeat(200) } },
    spec: {
      note: 'x'.repeat(650),
      containers: [main, { name: 'side', image: 'registry.example/side:v1' }],
    },
  });
}

const patienceMs = 60_000;

/** Defines the kind, unless it is, and waits until the server takes one. */
export async function makeCustomResources(
  client: LoadClient,
  namespace: string,
  objects: number,
): Promise<Target> {
  const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  const known = await client.call('GET', `${definitions}/works.${group}`).catch(() => undefined);
  if (known === undefined) await client.call('POST', definitions, definition);
  await makeNamespace(client, namespace);
  const path = `/apis/${group}/v1/namespaces/${namespace}/works`;
  const until = performance.now() + patienceMs;
  for (;;) {
    try {
      await client.call('POST', path, body(objects));
      break;
    } catch (error) {
      if (performance.now() > until) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  await client.call('DELETE', `${path}/p${objects}`);
  return { path, apiVersion: `${group}/v1`, kind: 'Work', objects, body };
}

/** Upstream's server for custom resources alone has no namespaces, and asks for none. */
async function makeNamespace(client: LoadClient, name: string): Promise<void> {
  const path = '/api/v1/namespaces';
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  try {
    await client.call('POST', path, JSON.stringify(namespace));
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith(`POST ${path}: 404 `)) throw error;
  }
}
