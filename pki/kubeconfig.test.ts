import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { KubeConfig } from '@kubernetes/client-node';
import { buildKubeconfig, readKubeconfig } from './kubeconfig.ts';

const content = {
  clusterName: 'demo',
  userName: 'admin',
  server: 'https://10.0.0.1:6443',
  certificateAuthority: 'CA\n',
  clientCertificatePem: 'CERT\n',
  clientKeyPem: 'KEY\n',
};

describe('buildKubeconfig', () => {
  it('is read by the official client', () => {
    const config = new KubeConfig();
    config.loadFromString(buildKubeconfig(content));
    assert.equal(config.getCurrentCluster()?.server, content.server);
    assert.equal(config.getCurrentUser()?.name, 'admin');
    assert.equal(Buffer.from(config.getCurrentUser()?.keyData ?? '', 'base64').toString(), 'KEY\n');
  });

  it('reads back what it wrote, and nothing else', () => {
    assert.deepEqual(readKubeconfig(buildKubeconfig(content)), content);
    assert.equal(readKubeconfig('apiVersion: v1'), undefined);
  });
});
