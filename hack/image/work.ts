import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request as open } from 'node:https';

/** What clients of a control plane ask for every day, a few times each: all that the programs then call is compiled. */

export interface Server {
  port: number;
  token: string;
}

const pods = '/api/v1/namespaces/default/pods';

/** Throws what an answer says that is no success. */
export async function work(server: Server): Promise<void> {
  const ask = asker(server);
  const definition = readFileSync('dist/crds/control-plane.yaml', 'utf8');
  const crds = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await ask('POST', crds, definition, 'application/yaml');
  const watch = await ask('GET', `${pods}?watch=1`, undefined, undefined, true);
  for (let index = 0; index < times; index += 1) {
    const name = `once-${index}`;
    await ask('POST', pods, pod(name));
    await ask('GET', `${pods}/${name}`);
    const labels = { metadata: { labels: { seen: 'yes' } } };
    await ask('PATCH', `${pods}/${name}`, labels, 'application/merge-patch+json');
    const applied = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { applied: 'yes' } },
    };
    const apply = `${pods}/${name}?fieldManager=warm&force=true`;
    await ask('PATCH', apply, applied, 'application/apply-patch+yaml');
  }
  for (const path of ['/openapi/v2', '/openapi/v3', '/openapi/v3/apis/apps/v1'])
    await ask('GET', path);
  await ask('POST', '/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies', policy);
  await ask('GET', pods);
  await ask('GET', `${pods}?labelSelector=app%3Donce`);
  await ask('POST', '/apis/apps/v1/namespaces/default/deployments', deployment);
  await ask('POST', '/apis/quorate.dev/v1alpha1/namespaces/default/controlplanes', controlPlane);
  for (let index = 0; index < times; index += 1) {
    await ask('DELETE', `${pods}/once-${index}?gracePeriodSeconds=0`);
  }
  watch.destroy();
}

const times = 3;

function pod(name: string) {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'once' } },
    spec: podSpec,
  };
}

const podSpec = {
  containers: [
    {
      name: 'main',
      image: 'registry.example/app:1',
      ports: [{ containerPort: 80 }],
      env: [{ name: 'NODE', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }],
      resources: { requests: { cpu: '10m', memory: '16Mi' }, limits: { memory: '32Mi' } },
      readinessProbe: { httpGet: { path: '/', port: 80 } },
      volumeMounts: [{ name: 'work', mountPath: '/work' }],
    },
  ],
  volumes: [{ name: 'work', emptyDir: {} }],
};

const deployment = {
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'warm' },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'warm' } },
    template: { metadata: { labels: { app: 'warm' } }, spec: podSpec },
  },
};

const policy = {
  apiVersion: 'admissionregistration.k8s.io/v1',
  kind: 'ValidatingAdmissionPolicy',
  metadata: { name: 'warm' },
  spec: {
    matchConstraints: {
      resourceRules: [
        { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['configmaps'] },
      ],
    },
    validations: [{ expression: 'size(object.data) < 10' }],
  },
};

const controlPlane = {
  apiVersion: 'quorate.dev/v1alpha1',
  kind: 'ControlPlane',
  metadata: { name: 'warm' },
  spec: { version: 'v1.36' },
};

function asker({ port, token }: Server) {
  return async (
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
    goesOn = false,
  ): Promise<IncomingMessage> => {
    const outgoing = open(`https://127.0.0.1:${port}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': contentType },
      rejectUnauthorized: false,
    });
    outgoing.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body));
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    if (goesOn) return answer.resume();
    const text = (await answer.setEncoding('utf8').toArray()).join('');
    if ((answer.statusCode ?? 0) >= 300) throw new Error(`${method} ${path}: ${text}`);
    return answer;
  };
}
