import type { UserInfo } from '../context.ts';
import { answeredStatus, type Review } from '../webhook/answered-status.ts';
import type { TokenAuthenticator } from './authenticator.ts';

/**
 * Asks a remote service about a token (`--authentication-token-webhook-config-file`). The caller
 * gives `post`, which knows address, credentials and retries of the kubeconfig.
 * Source: plugin/pkg/authenticator/token/webhook. Cache it with `cacheTokens`.
 */
export interface TokenWebhookOptions {
  /** `--authentication-token-webhook-version`, v1beta1 unless said. */
  version: 'v1' | 'v1beta1';
  /** Sends JSON, gives JSON. Rejects when there is no answer. */
  post(body: unknown): Promise<unknown>;
  /** What the server is, for audience checks of webhooks that know none. */
  apiAudiences: readonly string[];
}

interface ReviewStatus {
  authenticated?: boolean;
  error?: string;
  audiences?: string[];
  user?: {
    username?: string;
    uid?: string;
    groups?: string[];
    extra?: Record<string, string[]>;
  };
}

export function makeTokenWebhook(options: TokenWebhookOptions): TokenAuthenticator {
  return {
    name: 'webhook',
    async authenticateToken(token, asked) {
      const wanted = asked.length > 0 ? asked : options.apiAudiences;
      const envelope: Review = {
        kind: 'TokenReview',
        apiVersion: `authentication.k8s.io/${options.version}`,
      };
      const spec = { token, ...(wanted.length === 0 ? {} : { audiences: wanted }) };
      const review = { ...envelope, metadata: {}, spec, status: { user: {} } };
      const status = answeredStatus<ReviewStatus>(await options.post(review), envelope);
      // A webhook that does not know audiences speaks for the API server's own.
      const held = status.audiences?.length ? status.audiences : options.apiAudiences;
      const audiences = wanted.filter((audience) => held.includes(audience));
      if (wanted.length > 0 && audiences.length === 0) return undefined;
      if (status.authenticated !== true) {
        if (status.error) throw new Error(status.error);
        return undefined;
      }
      return { user: userOf(status), audiences };
    },
  };
}

function userOf({ user = {} }: Partial<ReviewStatus>): UserInfo {
  return {
    name: user.username ?? '',
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups ?? [],
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
}
