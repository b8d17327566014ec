import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alreadyExists } from '../../object/status-error.ts';
import type { KubeObject } from '../../object/object.ts';
import { DefaultServiceCidr } from './default-service-cidr.ts';

/** What is stored after one look, and the Events about it. */
async function kept(stored: KubeObject | undefined, cidrs: string[]) {
  let object = stored;
  const events: string[] = [];
  const keeper = new DefaultServiceCidr(
    {
      get: async () => object,
      async create({ resource, name }, made) {
        if (resource === 'events') events.push(`${made['reason']}: ${made['message']}`);
        else if (object !== undefined) throw alreadyExists({ group: '', resource }, name);
        else object = made;
      },
      async update(_, next) {
        object = next;
      },
      delete: async () => undefined,
    },
    cidrs,
    (error) => assert.fail(String(error)),
  );
  await keeper.start();
  keeper.stop();
  return { cidrs: object?.spec.cidrs, ready: object?.status?.conditions?.[0], events };
}

const range = (cidrs: string[], ready?: object): KubeObject => ({
  apiVersion: 'networking.k8s.io/v1',
  kind: 'ServiceCIDR',
  metadata: { name: 'kubernetes', uid: 'u' },
  spec: { cidrs },
  status: ready === undefined ? {} : { conditions: [{ type: 'Ready', ...ready }] },
});

test('the default range is made and is ready', async () => {
  for (const before of [
    undefined,
    range(['10.0.0.0/24']),
    range(['10.0.0.0/24'], { status: 'Unknown' }),
  ]) {
    const { cidrs, ready, events } = await kept(before, ['10.0.0.0/24']);
    assert.deepEqual(cidrs, ['10.0.0.0/24']);
    assert.equal(ready.status, 'True');
    assert.equal(ready.message, 'Kubernetes default Service CIDR is ready');
    assert.deepEqual(events, []);
  }
});

test('a second family is added', async () => {
  const both = ['10.0.0.0/24', 'fd00::/112'];
  assert.deepEqual((await kept(range(['10.0.0.0/24']), both)).cidrs, both);
});

test('other ranges are left, and told', async () => {
  const { cidrs, ready, events } = await kept(range(['10.9.0.0/24']), [
    '10.0.0.0/24',
    'fd00::/112',
  ]);
  assert.deepEqual(cidrs, ['10.9.0.0/24']);
  assert.equal(ready, undefined);
  assert.deepEqual(events, [
    'KubernetesDefaultServiceCIDRInconsistent: The default ServiceCIDR [10.9.0.0/24] does not match the controller flag configurations [10.0.0.0/24 fd00::/112]',
  ]);
});

test('what somebody says is not ready is left, and told', async () => {
  const not = { status: 'False', reason: 'Broken', message: 'it is' };
  const { ready, events } = await kept(range(['10.0.0.0/24'], not), ['10.0.0.0/24']);
  assert.equal(ready.status, 'False');
  assert.deepEqual(events, ['Broken: Configuration matches, but it is']);
});
