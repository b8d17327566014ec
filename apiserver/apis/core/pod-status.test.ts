import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Plain } from '../plain.ts';
import { statusCauses } from '../validation-fixture.ts';
import { pod } from './pod.ts';

const main = { name: 'a', image: 'x', restartPolicy: 'Never' };

function causes(next: Plain, old: Plain = {}, spec: Plain = {}): string[] {
  const own = { containers: [main], restartPolicy: 'Never', ...spec };
  return statusCauses(pod, { spec: own, status: next }, { spec: own, status: old });
}

describe('what a kubelet reports', () => {
  test('addresses: new ones by the strict rules, stored ones as they are', () => {
    const status = (...ips: string[]) => ({
      podIPs: ips.map((ip) => ({ ip })),
      hostIP: ips[0],
      hostIPs: ips.map((ip) => ({ ip })),
    });
    assert.deepEqual(causes(status('010.0.0.1'), status('010.0.0.1')), []);
    assert.deepEqual(causes(status('010.0.0.2'), status('010.0.0.1')), [
      'status.podIPs[0]: Invalid value: "010.0.0.2": must not have leading 0s',
      'status.hostIPs[0]: Invalid value: "010.0.0.2": must not have leading 0s',
    ]);
    assert.deepEqual(causes({ podIPs: [{ ip: '10.0.0.1' }, { ip: '10.0.0.1' }] }), [
      'status.podIPs: Invalid value: [{"IP":"10.0.0.1"},{"IP":"10.0.0.1"}]: may specify no more than one IP for each IP family',
    ]);
  });

  test('conditions', () => {
    const conditions = [
      { type: 'Ready', status: 'True', observedGeneration: -1 },
      { type: 'a b', status: 'True' },
    ];
    const [first, second] = causes({ conditions });
    assert.equal(
      first,
      'status.conditions[0].observedGeneration: Invalid value: -1: must be a non-negative integer',
    );
    assert.match(
      second ?? '',
      /^status.conditions\[1\].Type: Invalid value: "a b": name part must/,
    );
  });

  test('what claims take of the node, where it is told already', () => {
    const path = 'status.nodeAllocatableResourceClaimStatuses';
    const told = (...claims: Plain[]) => ({ nodeAllocatableResourceClaimStatuses: claims });
    const good = { resourceClaimName: 'x', containers: ['a'], resources: { cpu: '1' } };
    const spec = { resourceClaims: [{ name: 'c', resourceClaimName: 'x' }] };
    assert.deepEqual(causes(told({}), {}, spec), []);
    assert.deepEqual(causes(told(good), told(good), spec), []);
    const made = { resourceClaimStatuses: [{ name: 'c', resourceClaimName: 'y' }] };
    const template = { resourceClaims: [{ name: 'c', resourceClaimTemplateName: 't' }] };
    const other = { ...good, resourceClaimName: 'y' };
    assert.deepEqual(causes({ ...made, ...told(other) }, told(good), template), []);
    const wrong = { ...good, resources: { 'a.b/c': '1', memory: '-1024Mi' } };
    assert.deepEqual(causes(told({ resources: {} }, wrong), told(good), spec), [
      `${path}[0].resourceClaimName: Required value: must not be empty`,
      `${path}[0].resourceClaimName: Invalid value: "": no mapping found in pod reference`,
      `${path}[0].containers: Required value: must not be empty`,
      `${path}[0].resources: Required value: must not be empty`,
      `${path}[1].resources[a.b/c]: Invalid value: "a.b/c": must be a node allocatable resource name`,
      `${path}[1].resources[memory]: Invalid value: "-1Gi": must be non-negative`,
    ]);
  });

  test('whom its containers run as', () => {
    const status = { containerStatuses: [{ name: 'a', user: { linux: { uid: -1, gid: 0 } } }] };
    const path = 'status.containerStatuses[0].user.linux';
    assert.deepEqual(causes(status), [
      `${path}.uid: Invalid value: -1: must be between 0 and 2147483647, inclusive`,
    ]);
    assert.deepEqual(causes(status, {}, { os: { name: 'windows' } }), [
      `${path}: Forbidden: cannot be set for a windows pod`,
    ]);
  });

  test('how devices do, and why', () => {
    const resources = { requests: { 'a.b/c': '1' }, limits: { 'a.b/c': '1' } };
    const told = (message: string): string[] => {
      const devices = [{ resourceID: 'd', health: 'Unhealthy', message }];
      const allocatedResourcesStatus = [{ name: 'a.b/c', resources: devices }];
      const status = { containerStatuses: [{ name: 'a', allocatedResourcesStatus }] };
      return causes(status, {}, { containers: [{ ...main, resources }] });
    };
    const path = 'status.containerStatuses[0].allocatedResourcesStatus[0].resources[0].message';
    assert.deepEqual(told('too hot'), []);
    assert.deepEqual(told(''), [`${path}: Required value: must be non-empty if specified`]);
    assert.deepEqual(told('é'.repeat(513)), [`${path}: Too long: may not be more than 1024 bytes`]);
  });

  test('claims', () => {
    const resourceClaims = [{ name: 'c', resourceClaimName: 'x' }];
    const resourceClaimStatuses = [{ name: 'c', resourceClaimName: 'A' }];
    const [cause] = causes({ resourceClaimStatuses }, {}, { resourceClaims });
    assert.match(cause ?? '', /^status.resourceClaimStatuses\[0\].resourceClaimName: Invalid/);
    const mapping = { containerName: 'a', resourceName: 'a.b/c', requestName: 'r' };
    const extended = (...requestMappings: Plain[]) => ({
      extendedResourceClaimStatus: { requestMappings, resourceClaimName: 'x' },
    });
    const path = 'status.extendedResourceClaimStatus.requestMappings';
    assert.deepEqual(causes(extended()), [
      `${path}: Required value: at least one request mapping is required`,
    ]);
    const resources = { requests: { 'a.b/c': '1' }, limits: { 'a.b/c': '1' } };
    const containers = [{ ...main, resources }];
    const again = causes(
      extended(mapping, mapping, { ...mapping, containerName: 'b' }),
      {},
      { containers },
    );
    assert.deepEqual(again, [
      `${path}[1].containerName: Duplicate value: "a"`,
      `${path}[1].resourceName: Duplicate value: "a.b/c"`,
      `${path}[1].requestName: Duplicate value: "r"`,
      `${path}[2].containerName: Invalid value: "b": must match the name of an entry in spec.initContainers.name or spec.containers.name`,
    ]);
  });
});

test('what ended starts again only by a rule of its container, or of one that restarts all', () => {
  const status = (name: string, state: Plain) => ({ containerStatuses: [{ name, state }] });
  const ended = { terminated: { exitCode: 3 } };
  const change = (name: string, rules: Plain[]): string[] => {
    const containers = [
      { ...main, restartPolicyRules: rules },
      { ...main, name: 'b' },
    ];
    return causes(status(name, { running: {} }), status(name, ended), { containers });
  };
  const refused = [
    'status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated state',
  ];
  const rule = (action: string) => ({ action, exitCodes: { operator: 'In', values: [3] } });
  assert.deepEqual(change('a', []), refused);
  assert.deepEqual(change('a', [rule('Restart')]), []);
  assert.deepEqual(change('b', [rule('Restart')]), refused);
  assert.deepEqual(change('b', [rule('RestartAllContainers')]), []);
  assert.deepEqual(change('gone', []), refused);
});
