/**
 * kubeconfig files with embedded credentials (client-go clientcmd/api/v1). Written as JSON, which
 * is YAML: every reader of kubeconfigs takes it, and no YAML writer is needed.
 */
export interface KubeconfigContent {
  clusterName: string;
  userName: string;
  /** `https://host:port`. */
  server: string;
  /** PEM bundle. */
  certificateAuthority: string;
  clientCertificatePem: string;
  clientKeyPem: string;
  namespace?: string;
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

export function buildKubeconfig(content: KubeconfigContent): string {
  const context = `${content.userName}@${content.clusterName}`;
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: content.clusterName,
        cluster: {
          server: content.server,
          'certificate-authority-data': base64(content.certificateAuthority),
        },
      },
    ],
    users: [
      {
        name: content.userName,
        user: {
          'client-certificate-data': base64(content.clientCertificatePem),
          'client-key-data': base64(content.clientKeyPem),
        },
      },
    ],
    contexts: [
      {
        name: context,
        context: {
          cluster: content.clusterName,
          user: content.userName,
          ...(content.namespace === undefined ? {} : { namespace: content.namespace }),
        },
      },
    ],
    'current-context': context,
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}

/** What {@link buildKubeconfig} put in, or undefined when the text is not one of ours. */
export function readKubeconfig(text: string): KubeconfigContent | undefined {
  try {
    const config = JSON.parse(text);
    const { cluster, name: clusterName } = config.clusters[0];
    const { user, name: userName } = config.users[0];
    const namespace = config.contexts[0].context.namespace;
    const plain = (value: string) => Buffer.from(value, 'base64').toString('utf8');
    return {
      clusterName,
      userName,
      server: cluster.server,
      certificateAuthority: plain(cluster['certificate-authority-data']),
      clientCertificatePem: plain(user['client-certificate-data']),
      clientKeyPem: plain(user['client-key-data']),
      ...(namespace === undefined ? {} : { namespace }),
    };
  } catch {
    return undefined;
  }
}
