import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { ApiClient, type Reply, stored } from '../../apiserver/verbs/api-client.ts';
import { connectCluster } from '../../reconciler/cluster-client.ts';
import { addNode, startKubelet } from '../harness/kubelet.ts';

/** What a conformance test needs: requests to a cluster, and within a namespace of it. */
export interface TestCluster {
  api: ApiClient;
  ns: Namespace;
}

/** Images that no node can have. */
export const missingImage = 'registry.example.com/webserver:404';

/**
 * An API server, the controller manager with its scheduler as a process, two nodes; gone after the tests of the file.
 * @param managerFlags more of them
 */
export async function startCluster(managerFlags: readonly string[] = []): Promise<TestCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'quorate-conformance-'));
  const api = await ApiClient.start();
  const kubeconfig = join(folder, 'kubeconfig');
  await writeFile(kubeconfig, api.server.kubeconfig, { mode: 0o600 });
  await writeFile(join(folder, 'ca.crt'), api.server.ca);
  const cluster = connectCluster({ kubeconfig, userAgent: 'kubelet' });
  for (const name of ['n1', 'n2']) await addNode(cluster, name);
  const manager = startManager(folder, managerFlags);
  const kubelet = startKubelet(cluster, (pod) =>
    pod.spec.containers.every(({ image }: { image: string }) => image !== missingImage),
  );
  after(async () => {
    await kubelet.stop();
    manager.kill('SIGKILL');
    cluster.close();
    await api.stop();
    await rm(folder, { recursive: true, force: true });
  });
  return { api, ns: await Namespace.make(api) };
}

function startManager(folder: string, more: readonly string[]): ChildProcess {
  const flags = [
    `--kubeconfig=${join(folder, 'kubeconfig')}`,
    `--root-ca-file=${join(folder, 'ca.crt')}`,
    '--secure-port=0',
    '--use-service-account-credentials',
    '--leader-elect=false',
    '--scheduler',
    ...more,
  ];
  const main = join(import.meta.dirname, '../../controllers/main.ts');
  return spawn(process.execPath, [main, ...flags], {
    stdio: [
      'ignore',
      'ignore',
      process.env['CONFORMANCE_LOG'] === undefined ? 'ignore' : 'inherit',
    ],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

const patienceMs = 30_000;

/** What `check` gives as soon as it is something; what it threw last when it never is. */
export async function until<T>(
  what: string,
  check: () => Promise<T | undefined | false>,
): Promise<T> {
  let last: unknown;
  for (const end = Date.now() + patienceMs; Date.now() < end; ) {
    try {
      const found = await check();
      if (found !== undefined && found !== false) return found;
    } catch (error) {
      last = error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`it never came to pass: ${what}`, { cause: last });
}

/** A namespace of its own, with its service account, and requests within it. */
export class Namespace {
  readonly api: ApiClient;
  readonly name: string;

  private constructor(api: ApiClient, name: string) {
    this.api = api;
    this.name = name;
  }

  static async make(api: ApiClient): Promise<Namespace> {
    const body = { metadata: { generateName: 'e2e-' } };
    const { metadata } = stored(await api.create('/api/v1/namespaces', body), 201);
    const made = new Namespace(api, metadata.name);
    await until('a service account', async () => {
      return (await api.get(made.path('serviceaccounts', 'default'))).code === 200;
    });
    return made;
  }

  /** `resource`: `pods`, `apps/v1/deployments`. */
  path(resource: string, name?: string): string {
    const parts = resource.split('/');
    const plural = parts.pop() ?? '';
    const root = parts.length === 0 ? '/api/v1' : `/apis/${parts.join('/')}`;
    const tail = name === undefined ? '' : `/${name}`;
    return `${root}/namespaces/${this.name}/${plural}${tail}`;
  }

  // oxlint-disable-next-line no-explicit-any -- objects of many kinds
  async create(resource: string, body: object): Promise<any> {
    return stored(await this.api.create(this.path(resource), body), 201);
  }

  // oxlint-disable-next-line no-explicit-any -- objects of many kinds
  async get(resource: string, name: string): Promise<any> {
    return stored(await this.api.get(this.path(resource, name)));
  }

  // oxlint-disable-next-line no-explicit-any -- objects of many kinds
  async list(resource: string, labels = ''): Promise<any[]> {
    const query = labels === '' ? '' : `?labelSelector=${encodeURIComponent(labels)}`;
    return stored(await this.api.get(`${this.path(resource)}${query}`)).items;
  }

  // oxlint-disable-next-line no-explicit-any -- objects of many kinds
  async patch(resource: string, name: string, body: object): Promise<any> {
    return stored(await this.api.patch(this.path(resource, name), 'merge', body));
  }

  delete(resource: string, name: string, options: object = {}): Promise<Reply> {
    return this.api.delete(this.path(resource, name), options);
  }

  /** A workload of that name, and pods labelled with it. */
  createWorkload(resource: string, name: string, more: object, image?: string): Promise<Any> {
    const metadata = { name, labels: { name } };
    return this.create(resource, { metadata, spec: workload({ name }, more, image) });
  }

  /** Those of {@link createWorkload}, by name. */
  async podsOf(name: string): Promise<Any[]> {
    const pods = await this.list('pods', `name=${name}`);
    return pods.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
  }

  /** Once they run these images, all ready. */
  shows(name: string, images: string[]): Promise<unknown> {
    return until(`${name} shows ${images.join()}`, async () => {
      const pods = await this.podsOf(name);
      return (
        JSON.stringify(pods.map((p) => p.spec.containers[0].image)) === JSON.stringify(images) &&
        pods.every(isReady)
      );
    });
  }

  setImage(resource: string, name: string, image: string, more: object = {}): Promise<Any> {
    return this.patch(resource, name, { spec: { template: { spec: podSpec(image) }, ...more } });
  }
}

export const podSpec = (image = 'agnhost:1', more: object = {}) => ({
  terminationGracePeriodSeconds: 0,
  containers: [{ name: 'c', image }],
  ...more,
});

/** The spec of a workload whose pods have these labels. */
export const workload = (labels: Record<string, string>, more: object = {}, image?: string) => ({
  selector: { matchLabels: labels },
  template: { metadata: { labels }, spec: podSpec(image) },
  ...more,
});

// oxlint-disable-next-line no-explicit-any -- objects of many kinds
export type Any = any;

export const named = (name: string, spec: object, more: object = {}) => ({
  metadata: { name, ...more },
  spec,
});

/** The pods with these labels, when there are so many and all run. */
export function runningPods(ns: Namespace, labels: string, count: number): Promise<Any[]> {
  return until(`${count} of ${labels} run`, async () => {
    const all = await ns.list('pods', labels);
    const pods = all.filter((p) => p.metadata.deletionTimestamp === undefined);
    return pods.length === count && pods.every((p) => p.status.phase === 'Running') && pods;
  });
}

export const isReady = (pod: Any): boolean =>
  pod.status.conditions?.some((c: Any) => c.type === 'Ready' && c.status === 'True') ?? false;
