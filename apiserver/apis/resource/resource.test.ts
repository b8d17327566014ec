import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KindDefinition } from '../resource.ts';
import { createCauses, statusCauses, updateCauses } from '../validation-fixture.ts';
import { deviceClass } from './device-class.ts';
import { resourceClaimTemplate } from './resource-claim-template.ts';
import { resourceClaim } from './resource-claim.ts';
import { resourceSlice } from './resource-slice.ts';

function creates(kind: KindDefinition, cases: [parts: object, causes: string[]][]): void {
  for (const [parts, causes] of cases) {
    assert.deepEqual(createCauses(kind, parts), causes, JSON.stringify(parts));
  }
}

const label =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const exactly = { deviceClassName: 'c' };

test('ResourceClaim: requests', () => {
  const of = (...requests: object[]) => ({ spec: { devices: { requests } } });
  const at = 'spec.devices.requests';
  const one = 'exactly one of `exactly` or `firstAvailable` is required';
  creates(resourceClaim, [
    [of({ name: 'a', exactly }), []],
    [of({ name: 'a', firstAvailable: [{ name: 'b', ...exactly }] }), []],
    [
      of({ name: 'a' }, { name: 'a', exactly, firstAvailable: [{}] }),
      [
        `${at}[0]: Required value: ${one}`,
        `${at}[1]: Invalid value: null: ${one}, but multiple fields are set`,
        `${at}[1]: Duplicate value: "a"`,
      ],
    ],
    [
      of({ exactly: { allocationMode: 'All', count: 2, selectors: [{}] } }),
      [
        `${at}[0].name: Invalid value: "": ${label}`,
        `${at}[0].exactly.deviceClassName: Required value`,
        `${at}[0].exactly.selectors[0].cel: Required value`,
        `${at}[0].exactly.count: Invalid value: 2: must not be specified when allocationMode is 'All'`,
      ],
    ],
    [
      of({
        name: 'a',
        exactly: {
          ...exactly,
          allocationMode: 'Some',
          tolerations: [
            { operator: 'Exists', value: 'v' },
            { operator: 'Like', effect: 'Go' },
          ],
        },
      }),
      [
        `${at}[0].exactly.allocationMode: Unsupported value: "Some": supported values: "All", "ExactCount"`,
        `${at}[0].exactly.tolerations[0].value: Invalid value: "v": must be empty for operator \`Exists\``,
        `${at}[0].exactly.tolerations[1].operator: Unsupported value: "Like": supported values: "Equal", "Exists"`,
        `${at}[0].exactly.tolerations[1].effect: Unsupported value: "Go": supported values: "NoExecute", "NoSchedule", "None"`,
      ],
    ],
    [
      of(...Array.from({ length: 33 }, (_, i) => ({ name: `a${i}`, exactly }))),
      [`${at}: Too many: 33: must have at most 32 items`],
    ],
  ]);
});

test('ResourceClaim: constraints and configuration', () => {
  const devices = (rest: object) => ({
    spec: { devices: { requests: [{ name: 'a', exactly }], ...rest } },
  });
  const unknown =
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'";
  creates(resourceClaim, [
    [devices({ constraints: [{ requests: ['a'], matchAttribute: 'x.y/z' }] }), []],
    [
      devices({ constraints: [{ requests: ['b', 'a/b/c'], matchAttribute: 'z' }, {}] }),
      [
        `spec.devices.constraints[0].requests[0]: Invalid value: "b": ${unknown}`,
        `spec.devices.constraints[0].requests[1]: Invalid value: "a/b/c": ${unknown}`,
        'spec.devices.constraints[0].matchAttribute: Invalid value: "z": a fully qualified name must be a domain and a name separated by a slash',
        'spec.devices.constraints[1]: Required value: exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set',
      ],
    ],
    [
      devices({ config: [{}, { opaque: { driver: 'd', parameters: [] } }] }),
      [
        'spec.devices.config[0].opaque: Required value',
        'spec.devices.config[1].opaque.parameters: Invalid value: "<value omitted>": must be a valid JSON object',
      ],
    ],
  ]);
});

test('ResourceClaim: what was asked and what was given stays', () => {
  const spec = { devices: { requests: [{ name: 'a', exactly }] } };
  const [changed] = updateCauses(resourceClaim, { spec: {} }, { spec });
  assert.match(changed ?? '', /^spec: Invalid value: \{.*\}: field is immutable$/);
  const consumer = { resource: 'pods', name: 'p', uid: 'u' };
  const allocation = { devices: {} };
  const update = (status: object, old: object, metadata: object = { name: 'x' }) =>
    statusCauses(resourceClaim, { metadata, spec, status }, { metadata, spec, status: old });
  assert.deepEqual(update({ allocation, reservedFor: [consumer] }, {}), []);
  assert.deepEqual(update({ reservedFor: [consumer, { ...consumer, name: '' }] }, {}), [
    'status.reservedFor[1].name: Required value',
    'status.reservedFor[1]: Duplicate value: "u"',
    'status.reservedFor: Forbidden: may not be specified when `allocated` is not set',
  ]);
  const going = { name: 'x', deletionTimestamp: '2026-01-01T00:00:00Z' };
  assert.deepEqual(update({ allocation, reservedFor: [consumer] }, { allocation }, going), [
    'status.reservedFor: Forbidden: new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set',
  ]);
  const [moved] = update(
    { allocation: { devices: { results: [] }, nodeSelector: { nodeSelectorTerms: [] } } },
    { allocation },
  );
  assert.match(moved ?? '', /^status\.allocation: Invalid value: .*: field is immutable$/);
});

test('ResourceClaimTemplate and DeviceClass', () => {
  creates(resourceClaimTemplate, [
    [
      { spec: { spec: { devices: { requests: [{ name: 'a' }] } } } },
      [
        'spec.spec.devices.requests[0]: Required value: exactly one of `exactly` or `firstAvailable` is required',
      ],
    ],
  ]);
  creates(deviceClass, [
    [{ spec: { extendedResourceName: 'example.com/gpu' } }, []],
    [
      { spec: { selectors: [{}], config: [{}], extendedResourceName: 'cpu' } },
      [
        'spec.selectors[0].cel: Required value',
        'spec.config[0].opaque: Required value',
        'spec.extendedResourceName: Invalid value: "cpu": must be a valid extended resource name',
      ],
    ],
  ]);
});

test('a selector of devices may not cost too much', () => {
  const ten = '[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]';
  const dear = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].reduceRight(
    (body, name) => `${ten}.all(${name}, ${body})`,
    "device.driver == 'x'",
  );
  const bound = "cel.bind(d, device.attributes['example.com'], d.model == 'a' && d.ready)";
  const of = (...expressions: string[]) => ({
    spec: { selectors: expressions.map((expression) => ({ cel: { expression } })) },
  });
  const tooMuch = 'spec.selectors[0].cel.expression: Forbidden: too complex, exceeds cost limit';
  creates(deviceClass, [
    [of(bound), []],
    [of(dear, bound), [tooMuch]],
  ]);
  assert.deepEqual(updateCauses(deviceClass, of(dear), of(dear)), []);
  assert.deepEqual(updateCauses(deviceClass, of(dear), of(bound)), [tooMuch]);
});

test('ResourceSlice', () => {
  const pool = { name: 'p', resourceSliceCount: 1 };
  const slice = (rest: object) => ({ spec: { driver: 'd.e', pool, nodeName: 'n', ...rest } });
  const one =
    'exactly one of `nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection` is required';
  creates(resourceSlice, [
    [slice({ devices: [{ name: 'a' }] }), []],
    [
      slice({ driver: '', pool: { generation: -1 }, nodeName: undefined }),
      [
        'spec.driver: Required value',
        "spec.driver: Invalid value: \"\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
        'spec.pool.name: Required value',
        'spec.pool.resourceSliceCount: Invalid value: 0: must be greater than zero',
        'spec.pool.generation: Invalid value: -1: must be greater than or equal to zero',
        `spec: Required value: ${one}`,
      ],
    ],
    [
      slice({ allNodes: true, nodeSelector: { nodeSelectorTerms: [] } }),
      [
        'spec.nodeSelector.nodeSelectorTerms: Required value: must have at least one node selector term',
        'spec.nodeSelector.nodeSelectorTerms: Invalid value: []: must have exactly one node selector term',
        `spec: Invalid value: "{\`nodeName\`, \`nodeSelector\`, \`allNodes\`}": ${one}, but multiple fields are set`,
      ],
    ],
    [
      slice({
        devices: [
          {
            name: 'a',
            allNodes: true,
            attributes: { '/x': {}, ok: { version: '1', int: 1 } },
            capacity: { 'a b': { value: '1', requestPolicy: {} } },
            taints: [{ key: 'k' }, { key: 'k', effect: 'Go' }],
          },
          { name: 'a' },
        ],
      }),
      [
        'spec.devices[0].attributes: Invalid value: "": the domain must not be empty',
        'spec.devices[0].attributes[/x]: Invalid value: "": exactly one value must be specified',
        'spec.devices[0].attributes[ok].version: Invalid value: "1": must be a string compatible with semver.org spec 2.0.0',
        'spec.devices[0].attributes[ok]: Invalid value: {"IntValue":1,"BoolValue":null,"StringValue":null,"VersionValue":"1","IntValues":null,"BoolValues":null,"StringValues":null,"VersionValues":null}: exactly one value must be specified',
        "spec.devices[0].capacity: Invalid value: \"a b\": a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName', regex used for validation is '[A-Za-z_][A-Za-z0-9_]*')",
        'spec.devices[0].capacity[a b].requestPolicy: Forbidden: allowMultipleAllocations must be true',
        'spec.devices[0].taints[0].effect: Required value',
        'spec.devices[0].taints[1].effect: Unsupported value: "Go": supported values: "NoExecute", "NoSchedule", "None"',
        'spec.devices[0]: Invalid value: null: `nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec',
        'spec.devices[1]: Duplicate value: "a"',
      ],
    ],
  ]);
});
