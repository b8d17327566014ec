import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lease } from './coordination/lease.ts';
import { endpointSlice } from './discovery/endpoint-slice.ts';
import { runtimeClass } from './node/runtime-class.ts';
import type { KindDefinition } from './resource.ts';
import { priorityClass } from './scheduling/priority-class.ts';
import { createCauses, updateCauses } from './validation-fixture.ts';

function creates(kind: KindDefinition, cases: [parts: object, causes: string[]][]): void {
  for (const [parts, causes] of cases) {
    assert.deepEqual(createCauses(kind, parts), causes, JSON.stringify(parts));
  }
}

test('Lease', () => {
  creates(lease, [
    [{ spec: { leaseDurationSeconds: 15 } }, []],
    [
      { spec: { leaseDurationSeconds: 0, leaseTransitions: -1, preferredHolder: 'a' } },
      [
        'spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0',
        'spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0',
        'spec.preferredHolder: Forbidden: may only be specified if `strategy` is defined',
      ],
    ],
    [{ spec: { strategy: 'OldestEmulationVersion' } }, []],
    [{ spec: { strategy: 'a.b/c' } }, []],
    [
      { spec: { strategy: 'Newest' } },
      [
        'spec.strategy.strategy: Unsupported value: "Newest": supported values: "OldestEmulationVersion"',
      ],
    ],
  ]);
});

test('PriorityClass', () => {
  const system = (name: string, rest: object) => ({ metadata: { name }, ...rest });
  const reserved =
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: ";
  creates(priorityClass, [
    [{ value: 1 }, []],
    [
      { value: 1_000_000_001, preemptionPolicy: 'Always' },
      [
        'value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
        'preemptionPolicy: Unsupported value: "Always": supported values: "PreemptLowerPriority", "Never"',
      ],
    ],
    [system('system-node-critical', { value: 2_000_001_000 }), []],
    [
      system('system-node-critical', { value: 1 }),
      [`${reserved}value of system-node-critical PriorityClass must be 2000001000`],
    ],
    [
      system('system-node-critical', { value: 2_000_001_000, globalDefault: true }),
      [`${reserved}globalDefault of system-node-critical PriorityClass must be false`],
    ],
    [system('system-x', {}), [`${reserved}system-x is not a known system priority class`]],
  ]);
  assert.deepEqual(
    updateCauses(priorityClass, { value: 2, preemptionPolicy: 'Never' }, { value: 1 }),
    [
      'value: Forbidden: may not be changed in an update.',
      'preemptionPolicy: Invalid value: "Never": field is immutable',
    ],
  );
});

test('RuntimeClass', () => {
  const label =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
  const exists = { key: 'a', operator: 'Exists' };
  creates(runtimeClass, [
    [{ handler: 'runc' }, []],
    [
      { handler: 'Runc', overhead: { podFixed: { cpu: '-1' } } },
      [
        `handler: Invalid value: "Runc": ${label}`,
        'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
      ],
    ],
    [
      { handler: 'runc', overhead: { podFixed: { pods: '1' } } },
      ['overhead.limits[pods]: Invalid value: "pods": must be a standard resource for containers'],
    ],
    [
      { handler: 'runc', scheduling: { tolerations: [exists, { ...exists, effect: '' }] } },
      [
        'scheduling.tolerations[1]: Duplicate value: {"Key":"a","Operator":"Exists","Value":"","Effect":"","TolerationSeconds":null}',
      ],
    ],
  ]);
  const wrong = { handler: 'Runc', scheduling: { nodeSelector: { '/': 'b' } } };
  assert.deepEqual(updateCauses(runtimeClass, wrong, { handler: 'runc' }), [
    ...createCauses(runtimeClass, wrong),
    'handler: Invalid value: "Runc": field is immutable',
  ]);
});

test('EndpointSlice', () => {
  const of = (addressType: string, ...endpoints: object[]) => ({ addressType, endpoints });
  const ip = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
  creates(endpointSlice, [
    [of('IPv4', { addresses: ['10.0.0.1'] }), []],
    [{}, ['addressType: Required value']],
    [
      of('IPv5', { addresses: ['x'] }),
      ['addressType: Unsupported value: "IPv5": supported values: "FQDN", "IPv4", "IPv6"'],
    ],
    [
      of('IPv4', { addresses: ['x', '::5', '127.0.0.1', '0.0.0.0'] }, {}),
      [
        `endpoints[0].addresses[0]: Invalid value: "x": ${ip}`,
        'endpoints[0].addresses: Invalid value: "::5": must be an IPv4 address',
        'endpoints[0].addresses[2]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'endpoints[0].addresses[3]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
        'endpoints[1].addresses: Required value: must contain at least 1 address',
      ],
    ],
    [
      of('FQDN', { addresses: ['a.b.', 'a'] }),
      [
        'endpoints[0].addresses[1]: Invalid value: "a": should be a domain with at least two segments separated by dots',
      ],
    ],
    [
      {
        ...of('IPv4', {
          addresses: ['10.0.0.1'],
          hints: {
            forZones: [{ name: 'a' }, { name: 'a' }],
            forNodes: Array(9).fill({ name: 'n' }),
          },
        }),
        ports: [{ name: 'a', protocol: 'ICMP', port: 99_999 }, { name: 'a' }],
      },
      [
        'ports[0].protocol: Unsupported value: "ICMP": supported values: "SCTP", "TCP", "UDP"',
        'ports[1].name: Duplicate value: "a"',
        'endpoints[0].hints.forZones[1].name: Duplicate value: "a"',
        'endpoints[0].hints.forNodes: Too many: 9: must have at most 8 items',
      ],
    ],
  ]);
});
