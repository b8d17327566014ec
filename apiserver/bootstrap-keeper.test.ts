import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject } from '../object/object.ts';
import { silent } from '../log/log.ts';
import { makeBootstrapKeeper } from './bootstrap-keeper.ts';
import type { BootstrapPort, ObjectRef } from './bootstrap/reconcile.ts';
import { MemoryListers } from './watch/memory-lister.ts';

/** Objects by resource and name, and listers over them. */
function world() {
  const listers = new MemoryListers();
  const objects = new Map<string, KubeObject>();
  const keyOf = ({ resource, name }: ObjectRef) => `${resource}/${name}`;
  const put = async (ref: ObjectRef, object: KubeObject) => {
    objects.set(keyOf(ref), object);
    listers.lister(ref.group, ref.resource).put(object);
  };
  const writer: BootstrapPort = {
    get: async (ref) => objects.get(keyOf(ref)),
    create: put,
    update: put,
    async delete(ref) {
      objects.delete(keyOf(ref));
      listers.lister(ref.group, ref.resource).remove('', ref.name);
    },
  };
  return { listers, objects, writer };
}

async function until(good: () => boolean): Promise<void> {
  while (!good()) await new Promise((resolve) => setTimeout(resolve, 5));
}

test('what is missing or wrong is put right, what is obsolete goes, what others made stays', async () => {
  const { listers, objects, writer } = world();
  const keeper = makeBootstrapKeeper({ listers, writer, log: silent }, 5);
  await keeper.start();
  await until(() => objects.has('flowschemas/catch-all'));
  assert.ok(objects.has('namespaces/kube-node-lease'));
  const exempt = objects.get('prioritylevelconfigurations/exempt') as KubeObject;
  const group = 'flowcontrol.apiserver.k8s.io';
  const level = (name: string) => ({
    ref: { group, resource: 'prioritylevelconfigurations', namespace: '', name },
    object: (annotations: Record<string, string>) => ({
      ...exempt,
      metadata: { name, annotations },
    }),
  });
  const old = level('workload-old');
  await writer.create(old.ref, old.object({ 'apf.kubernetes.io/autoupdate-spec': 'true' }));
  const own = level('mine');
  await writer.create(own.ref, own.object({ 'apf.kubernetes.io/autoupdate-spec': 'false' }));
  await writer.delete({
    group: '',
    resource: 'namespaces',
    namespace: '',
    name: 'kube-node-lease',
  });
  await writer.update(level('exempt').ref, { ...exempt, spec: { type: 'Limited' } });
  await until(
    () =>
      !objects.has('prioritylevelconfigurations/workload-old') &&
      objects.has('namespaces/kube-node-lease') &&
      objects.get('prioritylevelconfigurations/exempt')?.spec.type === 'Exempt',
  );
  assert.ok(objects.has('prioritylevelconfigurations/mine'));
  await keeper.stop();
});
