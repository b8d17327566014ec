import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import type { KubeObject } from '../object/object.ts';
import { parseYaml } from '../object/yaml.ts';
import { kinds } from './control-plane/names.ts';
import { parseFlags } from './flags.ts';

/** charts/quorate, rendered by the real helm. */

const root = join(import.meta.dirname, '..');
const chart = join(root, 'charts/quorate');

function helm(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const run = spawnSync(join(root, 'hack/helm'), args, { encoding: 'utf8', env: process.env });
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

function render(...args: string[]): KubeObject[] {
  const { status, stdout, stderr } = helm('template', 'quorate', chart, '-n', 'system', ...args);
  assert.equal(status, 0, stderr);
  return stdout
    .split(/^---$/m)
    .map((text) => parseYaml(text) as KubeObject | null)
    .filter((object) => object !== null);
}

function find(objects: KubeObject[], kind: string): KubeObject {
  const found = objects.find((object) => object.kind === kind);
  assert.ok(found, `no ${kind}`);
  return found;
}

function argsOf(objects: KubeObject[]): string[] {
  return find(objects, 'Deployment').spec.template.spec.containers[0].args;
}

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

describe('the chart', () => {
  let objects: KubeObject[] = [];
  before(() => {
    objects = render();
  });

  it('passes helm lint', () => {
    const { status, stdout } = helm('lint', '--strict', chart);
    assert.equal(status, 0, stdout);
  });

  it('carries the very definition that is in crds/', () => {
    const read = (path: string) => readFileSync(join(root, path), 'utf8');
    const copy = read('charts/quorate/crds/control-plane.yaml');
    assert.equal(copy, read('crds/control-plane.yaml'));
  });

  it('gives the operator flags that it takes', () => {
    const flags = parseFlags(argsOf(objects));
    assert.equal(flags.image, 'quorate:0.1.0');
    assert.equal(flags.etcdImage, 'quorate:0.1.0');
    assert.equal(flags.leaseNamespace, 'system');
    assert.equal(flags.leaderElect, true);
    const other = parseFlags(
      argsOf(render('--set', 'etcdImage=e:1,watchNamespace=team,image.tag=t,logLevel=2')),
    );
    assert.equal(other.etcdImage, 'e:1');
    assert.equal(other.namespace, 'team');
    assert.equal(other.image, 'quorate:t');
    assert.equal(other.verbosity, 2);
  });

  it('allows the operator to follow every kind it makes, and nothing to read or write all', () => {
    const { rules } = find(objects, 'ClusterRole') as unknown as { rules: Rule[] };
    for (const { group, resource } of Object.values(kinds)) {
      const verbs = rules
        .filter((r) => r.apiGroups.includes(group) && r.resources.includes(resource))
        .flatMap((r) => r.verbs);
      for (const verb of ['list', 'watch']) assert.ok(verbs.includes(verb), `${verb} ${resource}`);
    }
    const all = rules.flatMap((r) => [...r.apiGroups, ...r.resources, ...r.verbs]);
    assert.ok(!all.includes('*'));
  });

  it('needs no rights outside the namespace it watches', () => {
    const narrow = render('--set', 'watchNamespace=team');
    assert.equal(narrow.filter((object) => object.kind.startsWith('Cluster')).length, 0);
    const role = narrow.find((o) => o.kind === 'Role' && o.metadata.namespace === 'team');
    assert.ok(role);
  });

  it('labels its pods as the NetworkPolicies of etcd expect them', () => {
    const { labels } = find(objects, 'Deployment').spec.template.metadata;
    assert.equal(labels['app.kubernetes.io/name'], 'quorate-operator');
  });

  it('refuses values it does not know', () => {
    const { status, stderr } = helm('template', 'quorate', chart, '--set', 'replicaCount=3');
    assert.notEqual(status, 0);
    assert.match(stderr, /replicaCount/);
  });
});

describe("the chart's values", () => {
  const text = readFileSync(join(chart, 'values.yaml'), 'utf8');
  const schema = JSON.parse(readFileSync(join(chart, 'values.schema.json'), 'utf8'));

  it('are each explained by a comment above them', () => {
    const lines = text.split('\n');
    const bare = lines.filter((line, i) => {
      const isValue = /^\s*[a-zA-Z]+:/.test(line);
      return isValue && !/^\s*#/.test(lines[i - 1] ?? '');
    });
    assert.deepEqual(bare, []);
  });

  it('are each known to the schema', () => {
    const unknown: string[] = [];
    // oxlint-disable-next-line no-explicit-any -- a JSON schema
    function walk(values: unknown, known: any, path: string): void {
      if (typeof values !== 'object' || values === null || Array.isArray(values)) return;
      for (const [name, value] of Object.entries(values)) {
        const child = known?.properties?.[name];
        if (child === undefined) unknown.push(`${path}${name}`);
        else walk(value, child, `${path}${name}.`);
      }
    }
    walk(parseYaml(text), schema, '');
    assert.deepEqual(unknown, []);
  });
});
