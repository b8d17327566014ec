import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCauses, statusCauses } from '../validation-fixture.ts';
import { apiService } from './api-service.ts';

test('APIService', () => {
  const of = (name: string, spec: object) => ({
    metadata: { name },
    spec: { groupPriorityMinimum: 1, versionPriority: 1, ...spec },
  });
  const group = { group: 'a.b', version: 'v1' };
  const cases: [parts: object, causes: string[]][] = [
    [of('v1.a.b', group), []],
    [of('v1.', { version: 'v1' }), []],
    [
      of('v1.x', { ...group, groupPriorityMinimum: 20_001, versionPriority: 0 }),
      [
        'metadata.name: Invalid value: "v1.x": must be `spec.version+"."+spec.group`: "v1.a.b"',
        'spec.groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000',
        'spec.versionPriority: Invalid value: 0: must be positive and less than 1000',
      ],
    ],
    [
      of('v2.', {
        version: 'v2',
        caBundle: Buffer.from('abc').toString('base64'),
        insecureSkipTLSVerify: true,
      }),
      [
        'spec.group: Required value: only v1 may have an empty group and it better be legacy kube',
        'spec.caBundle: Invalid value: "3 bytes": local APIServices may not have a caBundle',
        'spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have insecureSkipTLSVerify',
      ],
    ],
    [
      of('v1.a.b', { ...group, service: {}, caBundle: 'YQ==', insecureSkipTLSVerify: true }),
      [
        'spec.service.namespace: Required value',
        'spec.service.name: Required value',
        'spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is present',
      ],
    ],
  ];
  for (const [parts, causes] of cases) assert.deepEqual(createCauses(apiService, parts), causes);
  const conditions = [{ type: 'Available', status: 'Maybe' }];
  assert.deepEqual(statusCauses(apiService, { status: { conditions } }, {}), [
    'status.conditions[0].status: Unsupported value: "Maybe": supported values: "True", "False", "Unknown"',
  ]);
});
