import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { FlagError } from '../../flags/flag-set.ts';
import { checkEgressSelector } from './egress-selector.ts';

const folder = mkdtempSync(join(tmpdir(), 'quorate-egress-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, 'egress.yaml');

function check(selections: object[], head: object = {}): void {
  const header = { apiVersion: 'apiserver.k8s.io/v1beta1', kind: 'EgressSelectorConfiguration' };
  writeFileSync(file, JSON.stringify({ ...header, ...head, egressSelections: selections }));
  checkEgressSelector({ 'egress-selector-config-file': file });
}

const one = (name: string, proxyProtocol: string, more: object = {}) => ({
  name,
  connection: { proxyProtocol, ...more },
});

test('direct connections to everything are what this server has', () => {
  check(['cluster', 'controlplane', 'etcd'].map((name) => one(name, 'Direct')));
  check([one('cluster', 'Direct')], { apiVersion: 'apiserver.k8s.io/v1alpha1' });
  check([]);
  checkEgressSelector({ 'egress-selector-config-file': '' });
});

const failed = 'failed to validate egress selector configuration: service.connection';
const refusals: [object[], object, string][] = [
  [
    [one('cluster', 'GRPC', { transport: { uds: { udsName: '/x' } } })],
    {},
    '--egress-selector-config-file: GRPC for cluster is not supported by this server, which connects directly; say Direct',
  ],
  [
    [one('cluster', 'Carrier')],
    {},
    `${failed}.protocol: Unsupported value: "Carrier": supported values: "Direct", "HTTPConnect", "GRPC"`,
  ],
  [
    [one('etcd', 'Direct', { transport: { tcp: { url: 'https://x' } } })],
    {},
    `${failed}.transport: Invalid value: "direct": config must be absent for direct connect`,
  ],
  [[one('etcd', 'Direct'), one('Etcd', 'Direct')], {}, `${failed}[1]: Duplicate value: "etcd"`],
  [
    [one('master', 'Direct')],
    {},
    `${failed}: Unsupported value: "master": supported values: "cluster", "controlplane", "etcd"`,
  ],
  [
    [{ ...one('etcd', 'Direct'), nme: 1 }],
    {},
    'failed to read egress selector config: strict decoding error: unknown field "egressSelections[0].nme"',
  ],
  [
    [],
    { kind: 'Egress' },
    'failed to read egress selector config: no kind "Egress" is registered for version "apiserver.k8s.io/v1beta1": expected apiserver.k8s.io/v1beta1 EgressSelectorConfiguration',
  ],
];

for (const [selections, head, message] of refusals) {
  test(message, () => {
    assert.throws(() => check(selections, head), new FlagError(message));
  });
}
