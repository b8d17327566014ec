import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubeObject, OwnerReference } from '../../object/object.ts';
import type { ResourceRef } from '../../reconciler/cluster.ts';
import { configMaps } from '../resources.ts';
import { discoveryOf, type Scenario, startScenario } from '../scenario.ts';
import { garbageCollector } from './garbage-collector.ts';

/** The collector beside kinds that come, go and change their versions. */

const gauges: ResourceRef = {
  group: 'example.com',
  version: 'v1',
  resource: 'gauges',
  kind: 'Gauge',
  namespaced: true,
};
const beta: ResourceRef = { ...gauges, version: 'v1beta1' };

interface Collecting extends Scenario {
  /** What is served from now on. */
  served: ResourceRef[];
  /** Resolves when discovery was looked at twice more. */
  looked(): Promise<unknown>;
  /** Called before a list is answered. */
  beforeList: (ref: ResourceRef) => void;
  make(
    ref: ResourceRef,
    name: string,
    owners?: OwnerReference[],
    namespace?: string,
  ): Promise<KubeObject>;
}

async function collecting(...served: ResourceRef[]): Promise<Collecting> {
  let looks = 0;
  const scenario = await startScenario((context) => {
    const { get, list } = context.cluster;
    const isServed = (ref: ResourceRef) =>
      made.served.some((r) => r.resource === ref.resource && r.version === ref.version);
    context.cluster.raw = async (path) => {
      if (path === '/apis') looks++;
      return discoveryOf(path, made.served);
    };
    context.cluster.get = async (ref, ...of) => (isServed(ref) ? get(ref, ...of) : undefined);
    context.cluster.list = async (ref, query) => {
      made.beforeList(ref);
      return list(ref, query);
    };
    return garbageCollector(context, 20);
  });
  const made: Collecting = {
    ...scenario,
    served,
    beforeList: () => {},
    looked() {
      const before = looks;
      return scenario.until('it looked twice', () => looks > before + 2);
    },
    make: (ref, name, ownerReferences = [], namespace = 'default') =>
      scenario.cluster.create(ref, {
        apiVersion: ref.group === '' ? ref.version : `${ref.group}/${ref.version}`,
        kind: ref.kind,
        metadata: { name, namespace, ownerReferences },
      }),
  };
  return made;
}

const ownerOf = ({ apiVersion, kind, metadata: { name = '', uid = '' } }: KubeObject) => ({
  apiVersion,
  kind,
  name,
  uid,
});

test('an owner that went before its kind was looked at takes its dependents with it', async () => {
  const { served, make, looked, cluster, until, find, stop } = await collecting(configMaps);
  try {
    for (const name of ['gone', 'stays']) {
      await make(configMaps, `of-${name}`, [ownerOf(await make(gauges, name))]);
    }
    await looked();
    await cluster.delete(gauges, 'default', 'gone');
    await looked();
    assert.ok(find(configMaps, 'of-gone') !== undefined, 'nothing is known of its owner yet');

    served.push(gauges);
    await until('what it owned went', () => find(configMaps, 'of-gone') === undefined);
    assert.ok(find(configMaps, 'of-stays') !== undefined);
    await cluster.delete(gauges, 'default', 'stays');
    await until('the watch reports the other', () => find(configMaps, 'of-stays') === undefined);
  } finally {
    await stop();
  }
});

test('what an owner of a kind that is not served for a while owns is left alone, and not forgotten', async () => {
  const { served, make, looked, cluster, until, find, stop } = await collecting(configMaps, gauges);
  try {
    for (const name of ['gone', 'stays']) {
      await make(configMaps, `of-${name}`, [ownerOf(await make(gauges, name))]);
    }
    await looked();
    served.splice(0, 2, configMaps);
    await looked();
    assert.ok(find(configMaps, 'of-stays') !== undefined, 'its owner lives, unserved');
    await cluster.delete(gauges, 'default', 'gone');
    served.push(gauges);
    await until('what went meanwhile is seen', () => find(configMaps, 'of-gone') === undefined);
    await looked();
    assert.ok(find(configMaps, 'of-stays') !== undefined);
    await cluster.delete(gauges, 'default', 'stays');
    await until('and what goes now', () => find(configMaps, 'of-stays') === undefined);
  } finally {
    await stop();
  }
});

test('an owner named in a version that is served no more is not missing', async () => {
  const { served, make, looked, cluster, until, find, stop } = await collecting(
    configMaps,
    gauges,
    beta,
  );
  try {
    const old = { ...ownerOf(await make(gauges, 'g')), apiVersion: 'example.com/v1beta1' };
    const other = ownerOf(await make(configMaps, 'other'));
    await make(configMaps, 'owned', [old, other]);
    await looked();
    served.pop();
    await looked();
    await cluster.delete(configMaps, 'default', 'other');
    await until(
      'the owner that is gone is struck',
      () => find(configMaps, 'owned')?.metadata.ownerReferences?.length === 1,
    );
    await looked();
    assert.deepEqual(find(configMaps, 'owned')?.metadata.ownerReferences, [old]);
  } finally {
    await stop();
  }
});

test('an owner that goes while its watch moves to another version takes its dependents with it', async () => {
  const scenario = await collecting(configMaps, beta);
  const { served, make, looked, cluster, until, find, stop } = scenario;
  try {
    await make(configMaps, 'owned', [{ ...ownerOf(await make(beta, 'g')) }]);
    await looked();
    scenario.beforeList = ({ version, resource }) => {
      if (resource === 'gauges' && version === 'v1') void cluster.delete(gauges, 'default', 'g');
    };
    served.splice(1, 1, gauges, beta);
    await until('it is collected', () => find(configMaps, 'owned') === undefined);
  } finally {
    await stop();
  }
});

for (const first of ['owner', 'dependent']) {
  test(`an owner in another namespace is none; the ${first} is seen first`, async () => {
    const { make, looked, cluster, until, events, stop } = await collecting(configMaps, gauges);
    try {
      const owner = await make(gauges, 'g', [], 'other');
      if (first === 'owner') await looked();
      await make(configMaps, 'owned', [ownerOf(owner)]);
      await make(configMaps, 'right', [ownerOf(owner)], 'other');
      const names = () => cluster.all(configMaps).map(({ metadata }) => metadata.name);
      await until('it is collected', () => !names().includes('owned'));
      await looked();
      assert.deepEqual(names(), ['right']);
      if (first === 'owner') assert.deepEqual(events, ['owned OwnerRefInvalidNamespace']);
      await cluster.delete(gauges, 'other', 'g');
      await until('what it does own goes with it', () => names().length === 0);
    } finally {
      await stop();
    }
  });
}

test('a dependent of a kind that is not served for a while is orphaned when it is again', async () => {
  const { served, make, looked, cluster, until, find, stop } = await collecting(configMaps, gauges);
  try {
    await make(gauges, 'owned', [ownerOf(await make(configMaps, 'owner'))]);
    await looked();
    served.pop();
    await looked();
    await cluster.delete(configMaps, 'default', 'owner', { propagationPolicy: 'Orphan' });
    await looked();
    served.push(gauges);
    await until('the owner goes', () => find(configMaps, 'owner') === undefined);
    await looked();
    assert.deepEqual(find(gauges, 'owned')?.metadata.ownerReferences, []);
  } finally {
    await stop();
  }
});
