import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type MeasuredServer, startMeasured } from './processes.ts';

const plugins = [
  'NamespaceLifecycle',
  'MutatingAdmissionWebhook',
  'ValidatingAdmissionWebhook',
  'MutatingAdmissionPolicy',
  'ValidatingAdmissionPolicy',
];

/**
 * Upstream's apiextensions-apiserver (k8s.io/apiextensions-apiserver, its main package): the generic API
 * server with custom resources. It would ask a kube-apiserver who may do what and what limits there are;
 * there is none, so who is in system:masters may everything and nothing is admitted or queued: less
 * work than kube-apiserver has.
 */
export function startUpstreamServer(program: string): Promise<MeasuredServer> {
  return startMeasured(({ folder, etcd, port, authority }) => {
    const nobody = join(folder, 'nobody.kubeconfig');
    const cluster = { name: 'none', cluster: { server: 'https://127.0.0.1:1' } };
    const context = { name: 'none', context: { cluster: 'none', user: 'none' } };
    const config = {
      clusters: [cluster],
      contexts: [context],
      users: [{ name: 'none', user: {} }],
    };
    const head = { apiVersion: 'v1', kind: 'Config', 'current-context': 'none' };
    writeFileSync(nobody, JSON.stringify({ ...head, ...config }));
    return {
      command: program,
      words: [
        `--etcd-servers=${etcd}`,
        '--bind-address=127.0.0.1',
        `--secure-port=${port}`,
        `--cert-dir=${join(folder, 'certs')}`,
        `--client-ca-file=${authority}`,
        '--authentication-skip-lookup',
        `--authentication-kubeconfig=${nobody}`,
        `--authorization-kubeconfig=${nobody}`,
        `--kubeconfig=${nobody}`,
        `--disable-admission-plugins=${plugins.join(',')}`,
        '--enable-priority-and-fairness=false',
      ],
      // it is never ready: what it would learn of a kube-apiserver does not come
      readyPath: '/livez/poststarthook/crd-informer-synced',
    };
  });
}
