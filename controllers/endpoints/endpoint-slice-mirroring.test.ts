import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { endpoints, endpointSlices, services } from '../resources.ts';
import { type Scenario, startScenario } from '../scenario.ts';
import { endpointSliceMirroringController } from './endpoint-slice-mirroring.ts';
import { planMirror } from './mirror-plan.ts';

const made = (subsets: object[], metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Endpoints',
  metadata: { name: 'web', namespace: 'default', uid: 'e', ...metadata },
  subsets,
});
const http = [{ name: 'http', port: 80, protocol: 'TCP' }];
const subset = (...ips: string[]) => ({ addresses: ips.map((ip) => ({ ip })), ports: http });
/** As the server would have stored them. */
const kept = (slices: readonly KubeObject[]): KubeObject[] =>
  slices.map((slice, i) => ({ ...slice, metadata: { ...slice.metadata, name: `web-${i}` } }));
const addresses = (slices: readonly KubeObject[]) =>
  slices.map((slice) => slice.endpoints.map((e: { addresses: string[] }) => e.addresses[0]));

test('each family and each set of ports has its slice, with what the Endpoints are called', () => {
  const metadata = {
    labels: { team: 'a' },
    annotations: { a: 'b', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
  };
  const other = { ...subset('10.0.0.1'), ports: [{ port: 81 }] };
  const { create } = planMirror(made([subset('10.0.0.1', 'fd00::1'), other], metadata), [], 1000);
  assert.deepEqual(addresses(create), [['10.0.0.1'], ['fd00::1'], ['10.0.0.1']]);
  assert.deepEqual(
    create.map((s) => s.addressType),
    ['IPv4', 'IPv6', 'IPv4'],
  );
  assert.deepEqual(create[2]?.ports, [{ name: '', port: 81, protocol: 'TCP' }]);
  assert.deepEqual(create[0]?.metadata, {
    generateName: 'web-',
    namespace: 'default',
    labels: {
      team: 'a',
      'kubernetes.io/service-name': 'web',
      'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
    },
    annotations: { a: 'b' },
    ownerReferences: [
      {
        apiVersion: 'v1',
        kind: 'Endpoints',
        name: 'web',
        uid: 'e',
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
  });
});

test('what is right stays, what changed is written into the slice that is there', () => {
  const before = kept(planMirror(made([subset('10.0.0.1')]), [], 1000).create);
  const same = planMirror(made([subset('10.0.0.1')]), before, 1000);
  assert.deepEqual([same.create, same.update, same.remove], [[], [], []]);
  for (const next of [
    made([subset('10.0.0.2')]),
    made([subset('10.0.0.1')], { labels: { a: 'b' } }),
    made([{ notReadyAddresses: [{ ip: '10.0.0.1' }], ports: http }]),
    made([{ ...subset('10.0.0.1'), ports: [{ port: 81 }] }]),
  ]) {
    const { create, update, remove } = planMirror(next, before, 1000);
    assert.deepEqual([create, update.map((s) => s.metadata.name), remove], [[], ['web-0'], []]);
  }
  const moved = planMirror(made([subset('fd00::1')]), before, 1000);
  assert.deepEqual([moved.create.length, moved.update, moved.remove], [1, [], before]);
  assert.deepEqual(planMirror(made([]), before, 1000).remove, before);
});

test('what is no address and what is beyond the limit is left out and counted', () => {
  const { create, invalid, skipped } = planMirror(
    made([subset('no', '10.0.0.1', '10.0.0.2', '10.0.0.3')]),
    [],
    2,
  );
  assert.deepEqual(addresses(create), [['10.0.0.1', '10.0.0.2']]);
  assert.deepEqual([invalid, skipped], [1, 2]);
});

let scenario: Scenario;
before(async () => {
  scenario = await startScenario(endpointSliceMirroringController);
});
after(() => scenario.stop());

const slices = () => scenario.cluster.all(endpointSlices);

async function make(name: string, spec: object, metadata: object = {}): Promise<void> {
  const service = {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec,
  };
  await scenario.cluster.create(services, service);
  const object = made([subset('10.0.0.1')], { ...metadata, name, uid: undefined });
  await scenario.cluster.create(endpoints, object);
}

test('hand-made Endpoints are mirrored, changed and taken back with them', async () => {
  await make('web', { ports: [{ port: 80 }] });
  await scenario.until('a slice', () => slices().length === 1);
  await scenario.edit(endpoints, 'web', (o) => (o.subsets = [subset('10.0.0.2')]));
  await scenario.until('the new address', () => addresses(slices())[0]?.[0] === '10.0.0.2');
  await scenario.edit(services, 'web', (o) => (o.spec.selector = { app: 'web' }));
  await scenario.until('no slice beside a selector', () => slices().length === 0);
  await scenario.edit(services, 'web', (o) => delete o.spec.selector);
  await scenario.until('a slice again', () => slices().length === 1);
  await scenario.cluster.delete(endpoints, 'default', 'web');
  await scenario.until('no slice', () => slices().length === 0);
});

test('Endpoints that ask not to be, locks of leaders and those of a selector are not mirrored', async () => {
  const lock = { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } };
  await make('skip', {}, { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } });
  await make('lock', {}, lock);
  await make('selects', { selector: { a: 'b' } });
  await make('last', {});
  const named = () => slices().map((s) => s.metadata.labels?.['kubernetes.io/service-name']);
  await scenario.until('the last', () => named().includes('last'));
  assert.deepEqual(named(), ['last']);
});
