import assert from 'node:assert/strict';
import { test } from 'node:test';
import { updateCauses } from '../validation-fixture.ts';
import { pod } from './pod.ts';

const containers = [{ name: 'main', image: 'x' }];
const at = 'spec.volumes[0].projected';

/** What an update says of a volume with these sources that is stored as it is. */
function judged(...sources: object[]): string[] {
  const spec = { containers, volumes: [{ name: 'v', projected: { sources } }] };
  return updateCauses(pod, { spec, metadata: { name: 'x', labels: { a: 'b' } } }, { spec });
}

test('a stored trust bundle names itself or its signer', () => {
  const bundle = (clusterTrustBundle: object) => judged({ clusterTrustBundle });
  const of = `${at}.sources[0].clusterTrustBundle`;
  assert.deepEqual(bundle({ name: 'a.b:c:d', path: 'p' }), []);
  assert.deepEqual(bundle({ signerName: 'a.b/c', labelSelector: {}, path: 'p' }), []);
  assert.deepEqual(bundle({ path: 'p' }), [
    `${of}: Required value: either name or signerName must be specified`,
  ]);
  const both = { name: 'a', signerName: 'a.b/c', labelSelector: { matchLabels: { x: 'y' } } };
  assert.deepEqual(bundle({ ...both, path: '/p' }), [
    `${of}: Invalid value: {"Name":"a","SignerName":"a.b/c","LabelSelector":{"matchLabels":{"x":"y"}},"Optional":null,"Path":"/p"}: only one of name and signerName may be used`,
    `${of}.path: Invalid value: "/p": must be a relative path`,
  ]);
  assert.deepEqual(bundle({ name: ':a', labelSelector: {}, path: 'p' }), [
    `${of}.name: Invalid value: ":a": not a valid clustertrustbundlename: ClusterTrustBundle without signer name must not have ":" in its name`,
    `${of}.labelSelector: Invalid value: {}: labelSelector must be unset if name is specified`,
  ]);
  assert.deepEqual(bundle({ signerName: '' }), [
    `${of}.signerName: Required value: must be a valid signer name`,
    `${of}.signerName: Required value`,
    `${of}.path: Required value`,
  ]);
  assert.match(bundle({ name: 's:A', path: 'p' }).join(), /"s:A": not a valid .*: a lowercase RFC/);
});

test('a stored certificate has a signer, a kind of key and a file', () => {
  const certificate = (podCertificate: object) => judged({ podCertificate });
  const of = `${at}.sources[0].podCertificate`;
  const good = { signerName: 'a.b/c', keyType: 'ED25519', keyPath: 'k' };
  const annotated = { ...good, userAnnotations: { 'A.b/C': '' }, maxExpirationSeconds: 7862400 };
  assert.deepEqual(certificate(annotated), []);
  const types = '"RSA3072", "RSA4096", "ECDSAP256", "ECDSAP384", "ECDSAP521", "ED25519"';
  assert.deepEqual(certificate({ keyType: 'RSA', userAnnotations: { Plain: '' } }), [
    `${of}.signerName: Required value`,
    `${of}.userAnnotations: Invalid value: "plain": must be a domain-prefixed key (such as "acme.io/foo")`,
    `${of}.keyType: Unsupported value: "RSA": supported values: ${types}`,
    `${of}: Required value: specify at least one of credentialBundlePath, keyPath, and certificateChainPath`,
  ]);
  const lasting = (signerName: string, maxExpirationSeconds: number) =>
    certificate({ ...good, signerName, maxExpirationSeconds });
  const bound = (seconds: number, text: string) => [
    `${of}.maxExpirationSeconds: Invalid value: ${seconds}: if provided, maxExpirationSeconds must be ${text}`,
  ];
  assert.deepEqual(lasting('a.b/c', 3599), bound(3599, '>= 3600'));
  assert.deepEqual(lasting('a.b/c', 7862401), bound(7862401, '<= 7862400'));
  assert.deepEqual(lasting('a.kubernetes.io/c', 86401), bound(86401, '<= 86400'));
});

test('files of all sources are of one folder', () => {
  const certificate = {
    signerName: 'a.b/c',
    keyType: 'ED25519',
    credentialBundlePath: '..x',
    certificateChainPath: 'k',
    keyPath: 'k',
  };
  assert.deepEqual(
    judged({ clusterTrustBundle: { name: 'a', path: 'k' } }, { podCertificate: certificate }),
    [
      `${at}.sources[1].podCertificate.credentialBundlePath: Invalid value: "..x": must not start with '..'`,
      `${at}: Invalid value: "k": conflicting duplicate paths`,
      `${at}: Invalid value: "k": conflicting duplicate paths`,
    ],
  );
});
