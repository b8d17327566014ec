import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { causeTexts } from '../refused.ts';
import { checkClusterIps } from './service-cluster-ip-validation.ts';

function causes(spec: Plain): string[] {
  const errors: Errors = [];
  checkClusterIps(errors, { type: 'ClusterIP', clusterIP: spec.clusterIPs[0], ...spec });
  return causeTexts(errors);
}

test('each address is held to its family, whatever else is wrong', () => {
  const clusterIPs = ['10.0.0.1', '10.0.0.2'];
  assert.deepEqual(causes({ clusterIPs, ipFamilies: ['IPv4', 'IPv6'] }), [
    'spec.clusterIPs: Invalid value: ["10.0.0.1","10.0.0.2"]: may specify no more than one IP for each IP family',
    'spec.clusterIPs[1]: Invalid value: "10.0.0.2": expected an IPv6 value as indicated by `ipFamilies[1]`',
  ]);
  assert.deepEqual(causes({ clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv5'] }), [
    'spec.ipFamilies[0]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
  ]);
});
