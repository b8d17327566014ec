import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { alreadyExists } from '../../object/status-error.ts';
import { bootstrapCluster } from './bootstrap.ts';
import { clusterRoleBindings, clusterRoles, roles } from './rbac-policy.ts';
import { type BootstrapPort, type ObjectRef, reviseBinding, reviseRole } from './reconcile.ts';
import { parseRule } from './rule-text.ts';

class MemoryPort implements BootstrapPort {
  readonly objects = new Map<string, KubeObject>();
  readonly writes: string[] = [];
  #key({ group, resource, namespace, name }: ObjectRef): string {
    return [group, resource, namespace, name].join('|');
  }
  async get(ref: ObjectRef, _cached?: 'cached') {
    return structuredClone(this.objects.get(this.#key(ref)));
  }
  async create(ref: ObjectRef, object: KubeObject) {
    if (this.objects.has(this.#key(ref))) throw alreadyExists(ref, ref.name);
    this.#write(ref, object);
  }
  async update(ref: ObjectRef, object: KubeObject) {
    this.#write(ref, object);
  }
  async delete(ref: ObjectRef) {
    this.objects.delete(this.#key(ref));
  }
  #write(ref: ObjectRef, object: KubeObject) {
    this.writes.push(this.#key(ref));
    this.objects.set(this.#key(ref), object);
  }
}

function named(list: KubeObject[], name: string): KubeObject {
  const found = list.find((object) => object.metadata.name === name);
  assert.ok(found, name);
  return found;
}

test('a rule is read from its line', () => {
  assert.deepEqual(parseRule('get,list core,apps pods x,y'), {
    verbs: ['get', 'list'],
    apiGroups: ['', 'apps'],
    resources: ['pods'],
    resourceNames: ['x', 'y'],
  });
  assert.deepEqual(parseRule('get /version,/version/'), {
    verbs: ['get'],
    nonResourceURLs: ['/version', '/version/'],
  });
});

test('aggregated roles carry the sum of their parts, smallest first', () => {
  const all = clusterRoles();
  const rules = (name: string) => named(all, name).rules as unknown[];
  assert.deepEqual(rules('view'), rules('system:aggregate-to-view'));
  assert.deepEqual(rules('edit'), [...rules('system:aggregate-to-edit'), ...rules('view')]);
  assert.deepEqual(rules('admin'), [...rules('edit'), ...rules('system:aggregate-to-admin')]);
});

test('every binding refers to a role that is there, every controller holds its own', () => {
  const names = new Set(clusterRoles().map((role) => role.metadata.name));
  for (const binding of clusterRoleBindings()) assert.ok(names.has(binding.roleRef.name));
  const binding = named(clusterRoleBindings(), 'system:controller:job-controller');
  assert.deepEqual(binding.subjects, [
    { kind: 'ServiceAccount', name: 'job-controller', namespace: 'kube-system' },
  ]);
  assert.equal(roles().length, 7);
});

test('bootstrap makes everything once and then only reads', async () => {
  const port = new MemoryPort();
  await bootstrapCluster(port, { serviceCidrs: ['10.0.0.0/24'] });
  assert.ok(port.objects.has('rbac.authorization.k8s.io|clusterroles||cluster-admin'));
  assert.ok(port.objects.has('flowcontrol.apiserver.k8s.io|flowschemas||catch-all'));
  assert.equal(port.writes.length, port.objects.size);
  port.writes.length = 0;
  await bootstrapCluster(port, { serviceCidrs: ['10.0.0.0/24'] });
  assert.deepEqual(port.writes, []);
});

test('a cache that does not know yet what is there does no harm', async () => {
  const port = new MemoryPort();
  const options = { serviceCidrs: ['10.0.0.0/24'] };
  await bootstrapCluster(port, options);
  port.writes.length = 0;
  const read = port.get.bind(port);
  let reads = 0;
  port.get = async (ref: ObjectRef, cached?: 'cached') => {
    if (cached !== undefined) return undefined;
    reads++;
    return read(ref);
  };
  await bootstrapCluster(port, options);
  assert.deepEqual(port.writes, []);
  assert.equal(reads, port.objects.size);
});

test('what an administrator took away comes back, what was added stays, protected is left alone', () => {
  const wanted = named(clusterRoles(), 'system:kube-dns');
  const existing = structuredClone(wanted);
  existing.rules = [parseRule('get core secrets')];
  existing.metadata.labels = { mine: 'yes' };
  const next = reviseRole(existing, wanted);
  assert.deepEqual(next?.rules[0], parseRule('get core secrets'));
  assert.ok(next?.rules.length > 1);
  assert.deepEqual(next?.metadata.labels, {
    mine: 'yes',
    'kubernetes.io/bootstrapping': 'rbac-defaults',
  });
  existing.metadata.annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' };
  assert.equal(reviseRole(existing, wanted), undefined);
});

test('a binding to another role is made anew, missing subjects are added', () => {
  const wanted = named(clusterRoleBindings(), 'system:discovery');
  const other = structuredClone(wanted);
  other.roleRef.name = 'view';
  assert.equal(reviseBinding(other, wanted), 'recreate');
  const empty = structuredClone(wanted);
  empty.subjects = [{ kind: 'User', apiGroup: 'rbac.authorization.k8s.io', name: 'x' }];
  const next = reviseBinding(empty, wanted);
  assert.ok(next !== undefined && next !== 'recreate');
  assert.equal(next.subjects.length, 2);
});
