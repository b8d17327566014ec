import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alreadyExists } from '../../../object/status-error.ts';
import { MemoryLister } from '../../watch/memory-lister.ts';
import { admissionRequest, makeObject } from '../request-double.ts';
import { makeNamespaceAutoProvision, makeNamespaceExists } from './namespace-presence.ts';
import { makePodNodeSelector } from './pod-node-selector.ts';
import {
  makePodTolerationRestriction,
  type TolerationLists,
} from './pod-toleration-restriction.ts';

function world(annotations: Record<string, string> = {}) {
  const namespaces = new MemoryLister();
  namespaces.put({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ns', annotations } });
  return { namespaces, readLive: async () => undefined };
}

test('a namespace is there first, or comes along', async () => {
  const exists = makeNamespaceExists(world());
  const ask = (namespace: string) =>
    exists.validate?.(admissionRequest({ of: 'pods', operation: 'DELETE', namespace }));
  await ask('ns');
  await assert.rejects(async () => ask('none'), {
    code: 404,
    message: 'namespaces "none" not found',
  });

  const made: string[] = [];
  let fails: Error | undefined;
  const provision = makeNamespaceAutoProvision({
    ...world(),
    async createNamespace(name) {
      made.push(name);
      if (fails !== undefined) throw fails;
    },
  });
  const create = (namespace: string, dryRun = false) =>
    provision.mutate?.(admissionRequest({ of: 'pods', namespace, name: 'p', dryRun }));
  await create('ns');
  await create('none', true);
  assert.deepEqual(made, []);
  await create('none');
  assert.deepEqual(made, ['none']);
  fails = alreadyExists({ group: '', resource: 'namespaces' }, 'none');
  await create('none');
  fails = new Error('broken');
  await assert.rejects(async () => create('none'), { message: 'pods "p" is forbidden: broken' });
});

test('pods run on the nodes of their namespace', async () => {
  const key = 'scheduler.alpha.kubernetes.io/node-selector';
  const judge = async (
    text: string | undefined,
    nodeSelector: object | undefined,
    selectors: Record<string, string> = {},
  ) => {
    const plugin = makePodNodeSelector({
      ...world(text === undefined ? {} : { [key]: text }),
      selectors,
    });
    const object = makeObject('Pod', 'p', { spec: { nodeSelector } });
    const request = admissionRequest({ of: 'pods', object });
    await plugin.mutate?.(request);
    await plugin.validate?.(request);
    return object.spec.nodeSelector;
  };
  assert.deepEqual(await judge('a=1, b=2', { c: '3' }), { a: '1', b: '2', c: '3' });
  const cluster = { clusterDefaultNodeSelector: 'a=1' };
  assert.deepEqual(await judge(undefined, undefined, cluster), { a: '1' });
  assert.deepEqual(await judge('', undefined, cluster), undefined, 'it says that it wants none');
  await assert.rejects(judge('a=1', { a: '2' }), {
    code: 403,
    message:
      'pods "p" is forbidden: pod node label selector conflicts with its namespace node label selector',
  });
  await judge('a=1', { b: '2' }, { ns: 'a=1,b=2' });
  await assert.rejects(judge('a=1', { b: '3' }, { ns: 'a=1,b=2' }), {
    message:
      'pods "p" is forbidden: pod node label selector labels conflict with its namespace whitelist',
  });
  await assert.rejects(judge('a=1=2', {}), { code: 500, message: 'invalid selector: [a 1 2]' });
  await assert.rejects(judge('-=1', {}), { code: 500, message: /^<nil>: Invalid value: "-": / });
  await assert.rejects(judge('a=-', {}), { code: 500, message: /^\[a\]: Invalid value: "-": / });
});

test('pods tolerate what their namespace does, and no more', async () => {
  const key = (what: string) => `scheduler.alpha.kubernetes.io/${what}`;
  const plain = { key: 'a', operator: 'Equal', value: '1', effect: 'NoSchedule' };
  const wide = { key: 'a', operator: 'Exists' };
  const other = { key: 'b', operator: 'Exists' };
  const judge = async (
    annotations: Record<string, string>,
    spec: object,
    cluster?: TolerationLists,
  ) => {
    const plugin = makePodTolerationRestriction({ ...world(annotations), cluster });
    const object = makeObject('Pod', 'p', { spec });
    const request = admissionRequest({ of: 'pods', object });
    await plugin.mutate?.(request);
    await plugin.validate?.(request);
    return object.spec.tolerations;
  };
  const usual = { [key('defaultTolerations')]: JSON.stringify([plain]) };
  assert.deepEqual(await judge(usual, {}), [plain]);
  assert.deepEqual(await judge(usual, { tolerations: [wide, other] }), [wide, other]);
  assert.deepEqual(await judge(usual, { tolerations: [other, plain] }), [plain, other]);
  const cluster = { default: [other], whitelist: [other] };
  assert.deepEqual(await judge({}, {}, cluster), [other]);
  assert.deepEqual(await judge({ [key('defaultTolerations')]: '' }, {}, cluster), undefined);
  const requests = { cpu: '1' };
  const pressure = { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists' };
  assert.deepEqual(await judge({}, { containers: [{ resources: { requests } }] }), [
    { ...pressure, effect: 'NoSchedule' },
  ]);
  const refusal = {
    code: 500,
    message:
      'pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist',
  };
  await assert.rejects(judge(usual, {}, cluster), refusal);
  const allowed = { [key('tolerationsWhitelist')]: JSON.stringify([wide]) };
  assert.deepEqual(await judge({ ...usual, ...allowed }, {}, cluster), [plain]);
  await assert.rejects(judge(allowed, { tolerations: [other] }), refusal);
  const brief = { key: 'a', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 5 };
  const briefly = { [key('tolerationsWhitelist')]: JSON.stringify([brief]) };
  await judge(briefly, { tolerations: [{ ...brief, tolerationSeconds: 4 }] });
  await assert.rejects(
    judge(briefly, { tolerations: [{ ...brief, tolerationSeconds: 6 }] }),
    refusal,
  );
});
