import type { Cluster } from '../reconciler/cluster.ts';
import { isCode } from './context.ts';
import { serviceAccounts } from './resources.ts';

const namespace = 'kube-system';
const lifeSeconds = 3600;

/**
 * A token of a controller's service account in kube-system (`--use-service-account-credentials`).
 * The account is made when missing; a token is replaced after four fifths of its life, and one that
 * could not be replaced is used for as long as it is good.
 */
export function serviceAccountToken(
  cluster: Cluster,
  name: string,
  now: () => number = Date.now,
): () => Promise<string> {
  let current: { token: string; renewAt: number; expiresAt: number } | undefined;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const request = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      metadata: { name, namespace },
      spec: { audiences: [], expirationSeconds: lifeSeconds },
    };
    let answer: Awaited<ReturnType<Cluster['create']>>;
    try {
      answer = await cluster.create(serviceAccounts, request, 'token');
    } catch (error) {
      if (!isCode(error, 404)) throw error;
      await createAccount();
      answer = await cluster.create(serviceAccounts, request, 'token');
    }
    const life = Date.parse(answer.status.expirationTimestamp) - now();
    current = {
      token: answer.status.token,
      renewAt: now() + life * 0.8,
      expiresAt: now() + life,
    };
  }

  async function createAccount(): Promise<void> {
    try {
      await cluster.create(serviceAccounts, {
        apiVersion: 'v1',
        kind: 'ServiceAccount',
        metadata: { name, namespace },
      });
    } catch (error) {
      if (!isCode(error, 409)) throw error;
    }
  }

  return async () => {
    if (current === undefined || now() >= current.renewAt) {
      asking ??= ask().finally(() => {
        asking = undefined;
      });
      try {
        await asking;
      } catch (error) {
        if (current === undefined || now() >= current.expiresAt) throw error;
      }
    }
    return current?.token ?? '';
  };
}
