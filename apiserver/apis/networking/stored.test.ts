import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCauses, statusCauses, updateCauses } from '../validation-fixture.ts';
import { ingress } from './ingress.ts';
import { networkPolicy } from './network-policy.ts';

/** What was stored under older rules and is not changed does not stand in the way of an update. */

const service = (name: string) => ({ service: { name, port: { number: 80 } } });
const hostBits = 'must not have bits set beyond the prefix length';

test('NetworkPolicy: blocks with host bits stay, wherever they are moved to', () => {
  const from = (...blocks: object[]) => ({
    spec: { ingress: [{ from: blocks.map((ipBlock) => ({ ipBlock })) }] },
  });
  const to = (...blocks: object[]) => ({
    spec: { egress: [{ to: blocks.map((ipBlock) => ({ ipBlock })) }] },
  });
  const block = { cidr: '10.0.0.1/8', except: ['10.1.0.1/16'] };
  assert.deepEqual(createCauses(networkPolicy, from(block)), [
    `spec.ingress[0].from[0].ipBlock.cidr: Invalid value: "10.0.0.1/8": ${hostBits}`,
    `spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.1.0.1/16": ${hostBits}`,
  ]);
  assert.deepEqual(updateCauses(networkPolicy, to(block), from(block)), []);
  assert.deepEqual(updateCauses(networkPolicy, from(block, { cidr: '10.0.0.2/8' }), from(block)), [
    `spec.ingress[0].from[1].ipBlock.cidr: Invalid value: "10.0.0.2/8": ${hostBits}`,
  ]);
  const zeros = { cidr: '010.0.0.0/8', except: ['10.0.0.0/8'] };
  assert.deepEqual(updateCauses(networkPolicy, from(zeros), from({ cidr: '010.0.0.0/8' })), [
    'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
  ]);
});

test('NetworkPolicy: a selector with a value no label has frees the values of all', () => {
  const selecting = (value: string, key = 'a') => ({
    spec: { podSelector: { matchExpressions: [{ key, operator: 'In', values: [value] }] } },
  });
  const at = 'spec.podSelector.matchExpressions[0]';
  const value =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
  assert.deepEqual(updateCauses(networkPolicy, selecting('-a'), selecting('b')), [
    `${at}.values[0]: Invalid value: "-a": ${value}`,
  ]);
  assert.deepEqual(updateCauses(networkPolicy, selecting('-a'), selecting('-b')), []);
  assert.equal(updateCauses(networkPolicy, selecting('-a', '-k'), selecting('-b')).length, 1);
});

test('Ingress: wrong rules of wildcard hosts and secret names stay', () => {
  const rules = (...list: object[]) => ({ spec: { rules: list } });
  const wrong = { host: '*.a.b', http: { paths: [] } };
  const paths = (i: number) => `spec.rules[${i}].http.paths: Required value`;
  assert.deepEqual(createCauses(ingress, rules(wrong)), [paths(0)]);
  assert.deepEqual(updateCauses(ingress, rules(wrong), rules(wrong)), []);
  assert.deepEqual(updateCauses(ingress, rules(wrong, { http: {} }), rules(wrong)), [paths(1)]);
  const to = (name: string) => ({
    host: '*.a.b',
    http: { paths: [{ path: '/', pathType: 'Prefix', backend: service(name) }] },
  });
  assert.deepEqual(updateCauses(ingress, rules(wrong), rules(to('1a'))), []);
  assert.deepEqual(updateCauses(ingress, rules(wrong), rules(to('a1'))), [paths(0)]);
  const backend = { defaultBackend: service('s') };
  const tls = (secretName: string) => ({ spec: { ...backend, tls: [{ secretName }] } });
  assert.deepEqual(updateCauses(ingress, tls('A'), tls('B')), []);
  assert.equal(updateCauses(ingress, tls('A'), tls('b')).length, 1);
});

test('Ingress: a backend is named as Services are today', () => {
  assert.deepEqual(createCauses(ingress, { spec: { defaultBackend: service('1a') } }), []);
  assert.equal(createCauses(ingress, { spec: { defaultBackend: service('a.b') } }).length, 1);
});

test('Ingress: addresses of the status stay as they are', () => {
  const spec = { defaultBackend: service('s') };
  const status = (ip: string) => ({ spec, status: { loadBalancer: { ingress: [{ ip }] } } });
  assert.deepEqual(statusCauses(ingress, status('010.0.0.1'), status('010.0.0.1')), []);
  assert.deepEqual(statusCauses(ingress, status('010.0.0.1'), status('10.0.0.1')), [
    'status.loadBalancer.ingress[0].ip: Invalid value: "010.0.0.1": must not have leading 0s',
  ]);
});
