import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseRuntimeConfig } from './api-enablement.ts';
import { parseFeatureGates, warnOfLeaving } from './feature-gates.ts';
import { gates, switched, withoutEffect } from './gates.ts';

test('gates have their defaults, and those that are switched can be', () => {
  const plain = parseFeatureGates([]);
  assert.equal(plain.enabled('WatchList'), true);
  assert.equal(plain.enabled('CBORServingAndStorage'), false);
  assert.throws(() => plain.enabled('Nothing'), /not registered/);
  assert.equal(parseFeatureGates(['WatchList=false']).enabled('WatchList'), false);
  assert.equal(parseFeatureGates(['kube:WatchList=F']).enabled('WatchList'), false);
});

test('what cannot be set is refused in upstream words, what is not here by name', () => {
  const refused: [string, RegExp][] = [
    ['Nothing=true', /^Error: unrecognized feature gate: Nothing$/],
    ['WatchList', /missing bool value for WatchList/],
    ['WatchList=maybe', /^Error: invalid value of WatchList=maybe, err: strconv.ParseBool/],
    ['NodeSwap=false', /cannot set feature gate NodeSwap to false, feature is locked to true/],
    ['CBORServingAndStorage=true', /CBORServingAndStorage=true is not supported by this server/],
    ['StrictIPCIDRValidation=false', /StrictIPCIDRValidation=false is not supported/],
    ['AllAlpha=true', /=true is not supported by this server/],
    ['scheduler:WatchList=true', /component not registered: scheduler/],
  ];
  for (const [given, words] of refused) {
    assert.throws(() => parseFeatureGates([given]), words, given);
  }
});

test('all locked gates are told at once, and of those that will go a line is written', () => {
  assert.throws(
    () => parseFeatureGates(['NodeSwap=false', 'WatchList=true', 'ImageVolume=false']),
    /^Error: \[cannot set feature gate NodeSwap to false, feature is locked to true, cannot set feature gate ImageVolume to false, feature is locked to true\]$/,
  );
  const lines: object[] = [];
  const set = parseFeatureGates(['NodeSwap=true', 'WatchList=true', 'KMSv1=false']);
  warnOfLeaving(set, { warn: (fields: object, text: string) => lines.push({ ...fields, text }) });
  assert.deepEqual(lines, [
    {
      featureGate: 'NodeSwap',
      value: true,
      text: 'setting GA feature gate, it will be removed in a future release',
    },
    {
      featureGate: 'KMSv1',
      value: false,
      text: 'setting deprecated feature gate, it will be removed in a future release',
    },
  ]);
});

test('gates are named with a prefix or without', () => {
  assert.throws(() => parseFeatureGates(['kube:WatchList=true', 'MemoryQoS=true']), {
    message:
      'set kube feature gates with default empty prefix or kube: prefix consistently, do not mix use',
  });
  parseFeatureGates(['kube:WatchList=true', 'kube:MemoryQoS=true']);
});

test('a gate cannot be on without those it depends on', () => {
  for (const [given, words] of [
    [
      ['GracefulNodeShutdown=false'],
      '[GracefulNodeShutdownBasedOnPodPriority is enabled, but depends on features that are disabled: [GracefulNodeShutdown], WindowsGracefulNodeShutdown is enabled, but depends on features that are disabled: [GracefulNodeShutdown]]',
    ],
    [
      ['GangScheduling=true'],
      'GangScheduling is enabled, but depends on features that are disabled: [GenericWorkload]',
    ],
    [
      ['NodeDeclaredFeatures=false', 'RestartAllContainersOnContainerExits=false'],
      'InPlacePodLevelResourcesVerticalScaling is enabled, but depends on features that are disabled: [NodeDeclaredFeatures]',
    ],
  ] as const) {
    assert.throws(() => parseFeatureGates(given), { message: words });
  }
  const all = ['', 'BasedOnPodPriority'].map((end) => `GracefulNodeShutdown${end}=false`);
  parseFeatureGates([...all, 'WindowsGracefulNodeShutdown=false']);
});

test('a gate that says what is so is accepted, and one of another component', () => {
  const given = [
    'AllAlpha=false',
    'NodeSwap=true',
    'CBORServingAndStorage=false',
    'MemoryQoS=true',
  ];
  assert.equal(parseFeatureGates(given).enabled('MemoryQoS'), true);
});

test('every gate that is switched or without effect is one of the table', () => {
  for (const name of [...switched, ...withoutEffect]) assert.ok(gates.has(name), name);
  for (const name of switched) assert.equal(gates.get(name)?.locked, false, name);
});

const deployments = { group: 'apps', version: 'v1', resource: 'deployments' };
const pods = { group: '', version: 'v1', resource: 'pods' };
const hpa = { group: 'autoscaling', version: 'v1', resource: 'horizontalpodautoscalers' };

test('the narrowest word on a version or resource counts', () => {
  const all = parseRuntimeConfig({});
  assert.ok(all.served(deployments) && all.served(pods));
  const one = parseRuntimeConfig({ 'apps/v1': 'false', 'apps/v1/deployments': '' });
  assert.equal(one.served(deployments), true);
  assert.equal(one.served({ ...deployments, resource: 'daemonsets' }), false);
  const few = parseRuntimeConfig({ 'api/all': 'false', 'api/v1': 'true' });
  assert.equal(few.served(pods), true);
  assert.equal(few.served(deployments), false);
  const stable = parseRuntimeConfig({ 'api/all': 'false', 'api/ga': 'true' });
  assert.equal(stable.served(deployments), true);
  const version = parseRuntimeConfig({ 'autoscaling/v1': 'false' });
  assert.equal(version.served(hpa), false);
  assert.equal(version.served({ ...hpa, version: 'v2' }), true);
  parseRuntimeConfig({ 'extensions/v1beta1': 'false', 'api/beta': 'false', 'api/legacy': 'true' });
});

test('a runtime configuration that makes no sense is refused', () => {
  const refused: [Record<string, string>, RegExp][] = [
    [{ 'api/all': 'false' }, /invalid runtime-config with only api\/all=false/],
    [{ 'api/ga': '1' }, /^Error: invalid value api\/ga=1$/],
    [{ 'api/beta': '' }, /^Error: invalid value api\/beta=$/],
    [{ '/apps': 'x' }, /^Error: group version apps that has not been registered$/],
    [{ apiall: 'true' }, /runtime-config invalid key apiall/],
    [{ 'foo/v1': 'true', 'bar/v1/bars': '' }, /unknown api groups bar\/v1,foo\/v1/],
    [{ 'apps/v7': 'true' }, /group version apps\/v7 that has not been registered/],
    [{ 'apps/v1/Deployments': 'true' }, /resource is always lowercase plural, not "Deployments"/],
    [{ 'apps/v1': 'maybe' }, /invalid value of apps\/v1: maybe, err: strconv.ParseBool/],
    [{ 'batch/v1beta1': 'true' }, /batch\/v1beta1=true is not supported by this server/],
    [{ 'api/alpha': 'true' }, /api\/alpha=true is not supported/],
    [{ 'apps/v1/widgets': 'true' }, /does not serve widgets of apps\/v1/],
  ];
  for (const [given, words] of refused) assert.throws(() => parseRuntimeConfig(given), words);
});
