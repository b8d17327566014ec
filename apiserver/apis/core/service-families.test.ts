import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Plain } from '../plain.ts';
import { causeTexts } from '../refused.ts';
import { chooseFamilies } from './service-families.ts';

const single = { clusterIP: '10.0.0.1', clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'] };
const dual = { ...single, clusterIPs: ['10.0.0.1', 'fd00::1'], ipFamilies: ['IPv4', 'IPv6'] };
const preferred = { type: 'ClusterIP', ipFamilyPolicy: 'PreferDualStack' };

function chosen(next: Plain, old: Plain): { next: Plain; causes: string[] } {
  const copy = structuredClone(next);
  const causes = causeTexts(chooseFamilies(copy, old, ['IPv4', 'IPv6']));
  return { next: copy, causes };
}

describe('the families of a Service that changes', () => {
  test('a second one that is preferred comes with another type, not by itself', () => {
    const old = { ...preferred, ...single };
    assert.deepEqual(chosen(old, old).next.ipFamilies, ['IPv4']);
    const next = { ...old, type: 'NodePort' };
    assert.deepEqual(chosen(next, old).next.ipFamilies, ['IPv4', 'IPv6']);
  });

  test('the second one goes by the policy alone', () => {
    const next = {
      ...preferred,
      ...single,
      clusterIP: '10.0.0.2',
      clusterIPs: ['10.0.0.2'],
    };
    const path = 'spec.ipFamilyPolicy: Invalid value: "PreferDualStack"';
    assert.deepEqual(chosen(next, { ...preferred, ...dual }).causes, [
      `${path}: must be 'SingleStack' to release the secondary cluster IP`,
      `${path}: must be 'SingleStack' to release the secondary IP family`,
    ]);
  });
});
