import type { KubeObject } from '../../../object/object.ts';
import type { Cluster } from '../../../reconciler/cluster.ts';
import { serviceAccounts } from '../resources.ts';
import type { TokenSource } from './volumes.ts';

/** Tokens are asked for anew when this share of their life is over, as the kubelet does. */
const renewAfterShare = 0.8;
const kept = 1_000;

interface Kept {
  token: string;
  renewAt: number;
}

/** Service account tokens of pods, bound to the pod, kept until they should be renewed. */
export class TokenKeeper {
  readonly #cluster: Cluster;
  readonly #tokens = new Map<string, Kept>();

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  async token(pod: KubeObject, source: TokenSource): Promise<string> {
    const { namespace = '', name = '', uid = '' } = pod.metadata;
    const key = `${uid}/${source.audience ?? ''}/${source.expirationSeconds ?? ''}`;
    const known = this.#tokens.get(key);
    if (known !== undefined && known.renewAt > Date.now()) return known.token;
    const account: string = pod['spec']?.serviceAccountName || 'default';
    const answer = await this.#cluster.create(
      serviceAccounts,
      {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenRequest',
        metadata: { name: account, namespace },
        spec: {
          ...(source.audience === undefined ? {} : { audiences: [source.audience] }),
          expirationSeconds: source.expirationSeconds ?? 3600,
          boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
        },
      },
      'token',
    );
    const { token, expirationTimestamp } = answer['status'];
    const lifeMs = Date.parse(expirationTimestamp) - Date.now();
    if (this.#tokens.size >= kept) this.#tokens.clear();
    this.#tokens.set(key, { token, renewAt: Date.now() + lifeMs * renewAfterShare });
    return token;
  }
}
