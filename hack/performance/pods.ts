import type { LoadClient } from './client.ts';
import type { Target } from './requests.ts';

/** Pods as clients make them, 3.3 KB as answered: `app` has 50 values, so a selector finds one in 50. */
export function pod(i: number): string {
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
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `p${i}`, labels, annotations: { note: 'x'.repeat(200) } },
    spec: {
      automountServiceAccountToken: false,
      containers: [main, { name: 'side', image: 'registry.example/side:v1' }],
    },
  });
}

/** An empty namespace in which pods can be made at once: nobody else makes its service account. */
export async function makePods(
  client: LoadClient,
  namespace: string,
  objects: number,
): Promise<Target> {
  const object = (kind: string, name: string) =>
    JSON.stringify({ apiVersion: 'v1', kind, metadata: { name } });
  await client.call('POST', '/api/v1/namespaces', object('Namespace', namespace));
  const inside = `/api/v1/namespaces/${namespace}`;
  await client.call('POST', `${inside}/serviceaccounts`, object('ServiceAccount', 'default'));
  return { path: `${inside}/pods`, apiVersion: 'v1', kind: 'Pod', objects, body: pod };
}
