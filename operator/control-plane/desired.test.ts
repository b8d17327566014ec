import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { KubeObject } from '../../object/object.ts';
import { firstAddress, planCertificates } from './desired/certificates.ts';
import { endpointOf } from './desired/endpoint.ts';
import { desire } from './desired.ts';
import { images, paint, type Scene, votersOf, workloads } from './scene.ts';

describe('desire', () => {
  it('gives the same bytes for the same picture, and rolls nothing when only status differs', () => {
    const scene: Scene = { ledger: votersOf(3), alive: [0, 1, 2] };
    const calm = JSON.stringify(desire(paint(scene), images));
    const troubled = paint({ ...scene, alive: [], lost: [1], status: { version: 'v1.35' } });
    assert.equal(JSON.stringify(desire(troubled, images)), calm);
  });

  it('lets flags of the spec replace those of the operator, and adds the rest', () => {
    const extraArgs = [
      { name: 'service-account-issuer', value: 'https://issuer.example.org' },
      { name: 'audit-log-path', value: '-' },
    ];
    const [, apiServer] = desire(paint({ spec: { apiServer: { extraArgs } } }), images).workloads;
    const args: string[] = apiServer?.spec.template.spec.containers[0].args;
    const issuers = args.filter((arg) => arg.startsWith('--service-account-issuer='));
    assert.deepEqual(issuers, ['--service-account-issuer=https://issuer.example.org']);
    assert.ok(args.includes('--audit-log-path=-'));
  });

  it('sets no file of its own by a flag that the schema lets the spec replace', () => {
    const schema = readFileSync(new URL('../../crds/control-plane.yaml', import.meta.url), 'utf8');
    const [, apiServer, controllers] = desire(paint({}), images).workloads;
    for (const workload of [apiServer, controllers]) {
      const args: string[] = workload?.spec.template.spec.containers[0].args;
      const files = args.filter((arg) => arg.includes('=/etc/kubernetes/'));
      assert.ok(files.length > 4);
      for (const arg of files) {
        const flag = arg.slice(2, arg.indexOf('='));
        assert.match(schema, new RegExp(`'${flag}'`), `--${flag} must be refused in extraArgs`);
      }
    }
  });

  it('keeps API servers away from members that are not there yet, or leave', () => {
    const serversIn = (scene: Scene): number => {
      const [, apiServer] = desire(paint(scene), images).workloads;
      const args: string[] = apiServer?.spec.template.spec.containers[0].args;
      return args.find((a) => a.startsWith('--etcd-servers='))?.split(',').length ?? 0;
    };
    const three = { ledger: votersOf(3), children: workloads({ ledger: votersOf(3) }) };
    assert.equal(serversIn({ ...three, spec: { etcd: { members: 5 } } }), 3);
    assert.equal(serversIn({ ...three, spec: { etcd: { members: 1 } } }), 1);
    assert.equal(serversIn({ ...three, ledger: votersOf(5), spec: { etcd: { members: 5 } } }), 5);
  });
});

describe('addresses', () => {
  it('gives the kubernetes Service the first of its range', () => {
    const firsts = ['10.96.0.0/12', '10.32.0.0/24', '172.20.5.0/16', 'fd00:10:96::/112'].map(
      firstAddress,
    );
    assert.deepEqual(firsts, ['10.96.0.1', '10.32.0.1', '172.20.0.1', 'fd00:10:96::1']);
  });

  it('takes the endpoint from the spec, the load balancer, or the Service, in that order', () => {
    const service = (ingress: object[]): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'demo-api-server' },
      status: { loadBalancer: { ingress } },
    });
    const of = (network: object, ingress: object[] = []) =>
      endpointOf(paint({ spec: { network }, children: [service(ingress)] }));
    assert.equal(of({}), undefined);
    assert.equal(of({}, [{ ip: '2001:db8::1' }]), 'https://[2001:db8::1]:6443');
    assert.equal(of({}, [{ hostname: 'lb.example.org' }]), 'https://lb.example.org:6443');
    assert.equal(of({ endpoint: 'api.example.org:443' }), 'https://api.example.org:443');
    assert.equal(of({ endpoint: 'api.example.org' }), 'https://api.example.org:6443');
    assert.equal(of({ service: { type: 'NodePort' } }), 'https://demo-api-server.team-a.svc:6443');
  });

  it('lets etcd members of every size share one certificate', () => {
    const peer = planCertificates(paint({})).leaves.find((l) => l.secret === 'demo-etcd-peer');
    assert.ok(peer?.dnsNames.includes('demo-etcd-6.demo-etcd.team-a.svc'));
    assert.deepEqual(peer?.ipAddresses, [], 'an address would switch off the check of names');
  });
});
