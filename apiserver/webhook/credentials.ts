import { readUsers, type UserCredentials } from '../../reconciler/kubeconfig.ts';

/** Who the server is to a webhook at `host:port`; undefined: nobody in particular. */
export type WebhookCredentials = (hostPort: string) => UserCredentials | undefined;

/**
 * From a kubeconfig whose users are named after the webhooks: `host:port`, `*.domain`, the same without
 * the port 443, `*`; else the user of the current context. The file is read once.
 * Source: k8s.io/apiserver util/webhook/authentication.go.
 */
export function webhookCredentials(kubeConfigFile: string): WebhookCredentials {
  const { users, current } = readUsers(kubeConfigFile);
  return (hostPort) => {
    const host = hostPort.replace(/:443$/, '');
    const names = host === hostPort ? namesOf(hostPort) : [...namesOf(hostPort), ...namesOf(host)];
    const name = [...names, '*'].find((one) => users.has(one));
    return name === undefined ? current : users.get(name);
  };
}

function namesOf(target: string): string[] {
  const steps = target.split('.');
  return [target, ...steps.slice(1).map((_, i) => `*.${steps.slice(i + 1).join('.')}`)];
}

export function authorizationOf(
  user: Pick<UserCredentials, 'token' | 'basic'> | undefined,
): Record<string, string> {
  if (user?.token !== undefined && user.token !== '') {
    return { authorization: `Bearer ${user.token}` };
  }
  return user?.basic === undefined ? {} : { authorization: `Basic ${user.basic}` };
}
