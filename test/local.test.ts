import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { toolPath } from '../hack/tool.ts';

/** The whole product on this machine, used with kubectl as a person would. */

const checkout = join(import.meta.dirname, '..');
const state = mkdtempSync(join(tmpdir(), 'quorate-kubectl-'));
const tenant = join(state, 'demo.kubeconfig');
const management = join(state, 'management.kubeconfig');
const repairMs = 60_000;

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

function run(file: string, args: readonly string[], input = ''): Promise<Outcome> {
  return new Promise((resolve) => {
    const options = {
      cwd: state,
      timeout: 240_000,
      maxBuffer: 64 * 1024 * 1024,
      env: {
        ...process.env,
        EDITOR: 'sed -i s/before-edit/after-edit/',
        KUBECACHEDIR: join(state, 'kubectl-cache'),
        KUBECONFIG: tenant,
      },
    };
    const child = execFile(file, args, options, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

/** What it printed; fails, with its own words, unless it exits with 0. */
async function succeeds(file: string, args: readonly string[], input?: string): Promise<string> {
  const { code, stdout, stderr } = await run(file, args, input);
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}${stdout}`);
  return stdout;
}

/** One command line for the tenant, split at spaces. */
function kubectl(line: string, input?: string): Promise<string> {
  return succeeds(toolPath('kubectl'), line.split(' '), input);
}

function kubectlManagement(line: string): Promise<string> {
  return kubectl(`--kubeconfig ${management} -n default ${line}`);
}

/** What it said about its failure. */
async function refused(line: string, input?: string): Promise<string> {
  const { code, stderr } = await run(toolPath('kubectl'), line.split(' '), input);
  assert.equal(code, 1, `${line}: ${stderr}`);
  return stderr.trim();
}

async function until(
  what: string | (() => Promise<string>),
  holds: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + repairMs;
  while (!(await holds())) {
    if (Date.now() > deadline) {
      const told = typeof what === 'string' ? what : await what();
      throw new Error(`${told}: not within ${repairMs} ms`);
    }
    await pause(200);
  }
}

const configMap = (name: string, data: Record<string, string>): string =>
  JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data });

const deployment = (name: string): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'main', image: 'registry.k8s.io/pause:3.10' }] },
      },
    },
  });

const property = (description: string, type: string) => ({ description, type });
const definition = JSON.stringify({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'gauges.test.quorate.dev' },
  spec: {
    group: 'test.quorate.dev',
    scope: 'Namespaced',
    names: { plural: 'gauges', singular: 'gauge', kind: 'Gauge', shortNames: ['ga'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        additionalPrinterColumns: [{ name: 'Level', type: 'integer', jsonPath: '.spec.level' }],
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: {
                description: 'What is wanted of a gauge.',
                type: 'object',
                required: ['level'],
                properties: {
                  level: { ...property('How high it stands.', 'integer'), maximum: 10 },
                  unit: { ...property('What it counts.', 'string'), default: 'litre' },
                },
              },
            },
          },
        },
      },
    ],
  },
});

before(async () => {
  await succeeds(join(checkout, 'hack/up'), ['--state', state]);
});

after(async () => {
  await run(join(checkout, 'hack/down'), ['--state', state]);
  rmSync(state, { recursive: true, force: true });
});

describe('kubectl on the new control plane', () => {
  before(() => kubectl('create namespace work'));

  it('create, get, describe, delete', async () => {
    assert.equal(
      await kubectl('-n work create configmap one --from-literal=key=value'),
      'configmap/one created\n',
    );
    assert.equal(await kubectl('-n work get configmap one -o jsonpath={.data.key}'), 'value');
    const [head, row] = (await kubectl('-n work get configmap one')).split('\n');
    assert.match(head ?? '', /^NAME +DATA +AGE$/);
    assert.match(row ?? '', /^one +1 +\d+s$/);
    assert.match(
      await kubectl('-n work describe configmap one'),
      /^Name: +one\nNamespace: +work\n/,
    );
    assert.equal(
      await refused('-n work create configmap one'),
      'error: failed to create configmap: configmaps "one" already exists',
    );
    assert.equal(
      await kubectl('-n work delete configmap one'),
      'configmap "one" deleted from work namespace\n',
    );
    assert.equal(
      await refused('-n work get configmap one'),
      'Error from server (NotFound): configmaps "one" not found',
    );
  });

  it('apply, on the client and on the server, edit, patch, label, annotate', async () => {
    const apply = (data: Record<string, string>, flags = '') =>
      kubectl(`-n work apply${flags} -f -`, configMap('two', data));
    assert.equal(await apply({ a: '1', b: '1' }), 'configmap/two created\n');
    assert.equal(await apply({ a: '1', b: '1' }), 'configmap/two unchanged\n');
    assert.equal(await apply({ a: '2' }), 'configmap/two configured\n');
    assert.equal(await kubectl('-n work get cm two -o jsonpath={.data}'), '{"a":"2"}');
    const other = ' --server-side --field-manager=other';
    const conflict = await refused(`-n work apply${other} -f -`, configMap('two', { a: '3' }));
    assert.match(conflict, /conflict with "kubectl-client-side-apply" using v1: \.data\.a/);
    assert.equal(
      await apply({ a: '3' }, `${other} --force-conflicts`),
      'configmap/two serverside-applied\n',
    );
    await kubectl('-n work annotate cm two why=before-edit');
    assert.equal(await kubectl('-n work edit configmap two'), 'configmap/two edited\n');
    assert.match(
      (await run(toolPath('kubectl'), ['-n', 'work', 'edit', 'cm', 'two'])).stderr,
      /no changes made/,
    );
    assert.equal(
      await kubectl('-n work patch configmap two --type=merge -p {"data":{"c":"4"}}'),
      'configmap/two patched\n',
    );
    assert.equal(await kubectl('-n work label cm two tier=low'), 'configmap/two labeled\n');
    assert.equal(await kubectl('-n work get cm -l tier=low -o name'), 'configmap/two\n');
    assert.equal(
      await kubectl('-n work get cm two -o jsonpath={.data}{.metadata.annotations.why}'),
      '{"a":"3","c":"4"}after-edit',
    );
  });

  it('scale, and the ReplicaSet follows', async () => {
    await kubectl('-n work apply -f -', deployment('web'));
    assert.equal(
      await kubectl('-n work scale deployment web --replicas=2'),
      'deployment.apps/web scaled\n',
    );
    const line = '-n work get rs -l app=web -o jsonpath={.items[*].spec.replicas}';
    await until('the ReplicaSet is scaled', async () => (await kubectl(line)) === '2');
    const pods = '-n work get pods -l app=web -o name';
    await until(
      'two pods are made',
      async () => (await kubectl(pods)).trim().split('\n').length === 2,
    );
    await kubectl('-n work delete deployment web');
    await until('its pods are collected', async () => (await kubectl(pods)) === '');
  });

  it('wait and watch see a change', async () => {
    await kubectl('-n work create configmap four');
    const watch = spawn(
      toolPath('kubectl'),
      ['--kubeconfig', tenant, '-n', 'work', 'get', 'cm', 'four', '-w', '-o', 'name'],
      { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    let seen = '';
    watch.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
    });
    try {
      await until('the first line', async () => seen !== '');
      const waiting = kubectl('-n work wait cm four --for=jsonpath={.data.key}=v --timeout=60s');
      await kubectl('-n work patch cm four -p {"data":{"key":"v"}}');
      assert.equal(await waiting, 'configmap/four condition met\n');
      await until('the second line', async () => seen === 'configmap/four\nconfigmap/four\n');
    } finally {
      watch.kill();
      await once(watch, 'close');
    }
    const gone = kubectl('-n work wait cm four --for=delete --timeout=60s');
    await kubectl('-n work delete cm four');
    await gone;
  });

  it('api-resources, explain, auth, raw paths, version', async () => {
    const resources = await kubectl('api-resources --no-headers -o name');
    for (const name of ['pods', 'deployments.apps', 'leases.coordination.k8s.io']) {
      assert.ok(resources.split('\n').includes(name), name);
    }
    assert.match(
      await kubectl('explain deployment.spec.replicas'),
      /^GROUP: +apps\nKIND: +Deployment\nVERSION: +v1\n\nFIELD: replicas <integer>\n/,
    );
    assert.equal(await kubectl('auth can-i create pods'), 'yes\n');
    const nobody = '--as=nobody auth can-i create pods';
    assert.equal((await run(toolPath('kubectl'), nobody.split(' '))).stdout, 'no\n');
    assert.match(
      await refused('--as=nobody get secrets -n work'),
      /^Error from server \(Forbidden\): secrets is forbidden: User "nobody" cannot list resource "secrets" in API group "" in the namespace "work"$/,
    );
    assert.equal(await kubectl('get --raw /readyz'), 'ok');
    const { gitVersion } = JSON.parse(await kubectl('get --raw /version'));
    assert.match(gitVersion, /^v1\.36\./);
    assert.match(await kubectl('auth whoami -o jsonpath={.status.userInfo.groups}'), /masters/);
  });

  it('a CustomResourceDefinition and its objects', async () => {
    const gauge = (name: string, level: unknown) =>
      JSON.stringify({
        apiVersion: 'test.quorate.dev/v1',
        kind: 'Gauge',
        metadata: { name },
        spec: { level },
      });
    const named = 'customresourcedefinition.apiextensions.k8s.io/gauges.test.quorate.dev';
    assert.equal(await kubectl('apply -f -', definition), `${named} created\n`);
    await kubectl(`wait ${named} --for=condition=Established --timeout=60s`);
    assert.equal(
      await kubectl('-n work apply -f -', gauge('high', 7)),
      'gauge.test.quorate.dev/high created\n',
    );
    const [head, row] = (await kubectl('-n work get ga')).split('\n');
    assert.match(head ?? '', /^NAME +LEVEL$/);
    assert.match(row ?? '', /^high +7$/);
    assert.equal(await kubectl('-n work get ga high -o jsonpath={.spec.unit}'), 'litre');
    assert.match(
      await refused('-n work create -f -', gauge('over', 11)),
      /spec\.level: Invalid value: 11: spec\.level in body should be less than or equal to 10/,
    );
    assert.match(await kubectl('explain gauge.spec'), /What is wanted of a gauge\./);
    await kubectl(`delete ${named}`);
    await until('its paths are gone', async () => {
      const { stderr } = await run(toolPath('kubectl'), [
        'get',
        '--raw',
        '/apis/test.quorate.dev/v1',
      ]);
      return stderr.startsWith('Error from server (NotFound)');
    });
  });

  it('a namespace goes with what is in it', async () => {
    await kubectl('create namespace short');
    await kubectl('-n short create configmap inside');
    await kubectl('delete namespace short --timeout=60s');
    assert.match(await refused('-n short get configmap inside'), /NotFound/);
  });

  it('hack/kubectl is kubectl', async () => {
    const stdout = await succeeds(join(checkout, 'hack/kubectl'), [
      'get',
      'ns',
      'work',
      '-o',
      'name',
    ]);
    assert.equal(stdout, 'namespace/work\n');
  });
});

describe('the operator', () => {
  const kinds = 'secrets,services,deployments,statefulsets,poddisruptionbudgets,roles,rolebindings';

  /** Every object of these kinds that a ControlPlane owns, as kind/name to uid. */
  async function owned(): Promise<Map<string, string>> {
    const { items } = JSON.parse(await kubectlManagement(`get ${kinds} -o json`));
    const found = new Map<string, string>();
    for (const { kind, metadata } of items) {
      const owners: { kind: string }[] = metadata.ownerReferences ?? [];
      if (owners.some((owner) => owner.kind === 'ControlPlane')) {
        found.set(`${kind.toLowerCase()}/${metadata.name}`, metadata.uid);
      }
    }
    return found;
  }

  for (const kind of ['secret', 'service', 'deployment']) {
    it(`makes a deleted ${kind} again, and the control plane is Ready after`, async () => {
      const all = await owned();
      const name = [...all.keys()]
        .filter((key) => key.startsWith(`${kind}/`))
        .sort()
        .at(-1);
      assert.ok(name !== undefined, `it owns no ${kind}`);
      const uid = all.get(name);
      await kubectlManagement(`delete ${name} --wait=false`);
      await until(`${name} is back`, async () => {
        const now = (await owned()).get(name);
        return now !== undefined && now !== uid;
      });
      await kubectlManagement('wait controlplane/demo --for=condition=Ready --timeout=90s');
      await until('the tenant answers', async () => {
        const { stdout } = await run(toolPath('kubectl'), ['get', '--raw', '/readyz']);
        return stdout === 'ok';
      });
    });
  }

  it('undoes a change of what it made', async () => {
    const name = [...(await owned()).keys()].find((key) => key.startsWith('deployment/'));
    const replicas = () => kubectlManagement(`get ${name} -o jsonpath={.spec.replicas}`);
    const before = await replicas();
    await kubectlManagement(`scale ${name} --replicas=0`);
    await until(`${name} is as it was`, async () => (await replicas()) === before);
  });

  it('a deleted ControlPlane takes everything with it', async () => {
    await kubectlManagement('delete controlplane demo --timeout=90s');
    const left = async () =>
      (
        await kubectlManagement(
          `get ${kinds},pods,persistentvolumeclaims,configmaps,leases -o name`,
        )
      )
        .split('\n')
        .filter((name) => name.includes('demo'));
    await until(
      async () => `nothing of it is left, but ${(await left()).join(', ')}`,
      async () => (await left()).length === 0,
    );
    assert.deepEqual([...(await owned()).keys()], []);
    const { code } = await run(toolPath('kubectl'), ['get', 'ns', '--request-timeout=2s']);
    assert.equal(code, 1, 'nobody answers at its address any more');
  });
});
