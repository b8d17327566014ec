import { deepEqual } from '../object/equal.ts';
import type { KubeObject } from '../object/object.ts';
import { signLegacyToken } from '../pki/legacy-token.ts';
import type { Controller } from '../reconciler/manager.ts';
import { done, type Result } from '../reconciler/result.ts';
import { byNamespace, keyFor, keyOf, splitKey } from '../reconciler/store.ts';
import { type ControllerContext, createLoop, enqueue, updateLatest } from './context.ts';
import { whenChanged } from './periodic.ts';
import { secrets, serviceAccounts } from './resources.ts';

const type = 'kubernetes.io/service-account-token';
const nameKey = 'kubernetes.io/service-account.name';
const uidKey = 'kubernetes.io/service-account.uid';

const encoded = (text: string): string => Buffer.from(text).toString('base64');

/**
 * Fills Secrets of a service account's token: the token, the CA that verifies the API server and the
 * namespace. One whose account is gone is deleted. Source: pkg/controller/serviceaccount/tokens_controller.go.
 */
export function tokenSecretController(context: ControllerContext): Controller {
  const { cluster, informers, settings } = context;
  const rootCa = settings.rootCa ?? (() => '');
  const accounts = informers.of(serviceAccounts);
  const tokens = informers.of(secrets, { fieldSelector: `type=${type}` });
  tokens.store.addIndex('namespace', byNamespace);

  async function reconcile(key: string): Promise<Result> {
    const secret = tokens.store.get(key);
    if (secret === undefined || secret['type'] !== type) return done;
    const account = await accountOf(secret);
    if (account === undefined) {
      const { namespace = '', name = '', uid } = secret.metadata;
      await cluster.delete(secrets, namespace, name, uid === undefined ? {} : { uid });
      return done;
    }
    await updateLatest(cluster, secrets, secret, (latest) => {
      const filled = fill(latest, account);
      return deepEqual(filled, latest) ? undefined : filled;
    });
    return done;
  }

  /** The account it names; one made anew under the name is another. */
  async function accountOf({ metadata }: KubeObject): Promise<KubeObject | undefined> {
    const { namespace = '' } = metadata;
    const name = metadata.annotations?.[nameKey] ?? '';
    const uid = metadata.annotations?.[uidKey] ?? '';
    const fits = (one: KubeObject | undefined): boolean =>
      one !== undefined && (uid === '' || one.metadata.uid === uid);
    const known = accounts.store.get(keyFor(namespace, name));
    if (fits(known)) return known;
    // the informer may not have heard of it yet
    const now = await cluster.get(serviceAccounts, namespace, name);
    return fits(now) ? now : undefined;
  }

  function fill(secret: KubeObject, account: KubeObject): KubeObject {
    const { namespace = '', name: secretName = '', annotations } = secret.metadata;
    const { name = '', uid = '' } = account.metadata;
    const before: Record<string, string> = secret['data'] ?? {};
    const data = { ...before };
    if (rootCa() !== '') data['ca.crt'] = encoded(rootCa());
    if (!before['namespace']) data['namespace'] = encoded(namespace);
    const named = { ...annotations, [nameKey]: name, [uidKey]: uid };
    if (!before['token'] && settings.tokenKey !== undefined) {
      const of = { namespace, secretName, serviceAccountName: name, serviceAccountUid: uid };
      data['token'] = encoded(signLegacyToken(settings.tokenKey(), of));
    }
    return deepEqual(data, before)
      ? secret
      : { ...secret, data, metadata: { ...secret.metadata, annotations: named } };
  }

  /** An account no longer lists a secret that is gone; keys are `namespace/account/secret`. */
  async function forget(key: string): Promise<Result> {
    const { namespace, name: rest } = splitKey(key);
    const { namespace: account, name: secret } = splitKey(rest);
    const known = accounts.store.get(keyFor(namespace, account));
    if (known === undefined || tokens.store.get(keyFor(namespace, secret)) !== undefined) {
      return done;
    }
    await updateLatest(cluster, serviceAccounts, known, (latest) => {
      const listed: { name?: string }[] = latest['secrets'] ?? [];
      const left = listed.filter(({ name }) => name !== secret);
      return left.length === listed.length ? undefined : { ...latest, secrets: left };
    });
    return done;
  }

  const loop = createLoop(context, 'serviceaccount-token', reconcile);
  const references = createLoop(context, 'serviceaccount-token-reference', forget);
  enqueue(tokens, loop, (secret) => [keyOf(secret)]);
  tokens.on((change) => {
    const { namespace = '', name = '', annotations } = change.object.metadata;
    const account = annotations?.[nameKey];
    if (change.type === 'deleted' && account !== undefined) {
      references.add(`${namespace}/${account}/${name}`);
    }
  });
  enqueue(accounts, loop, ({ metadata }) =>
    tokens.store
      .indexed('namespace', metadata.namespace ?? '')
      .filter((secret) => secret.metadata.annotations?.[nameKey] === metadata.name)
      .map(keyOf),
  );
  return {
    name: 'serviceaccount-token',
    loops: [loop, references],
    run(signal) {
      return whenChanged(rootCa, signal, () => {
        for (const key of tokens.store.keys()) loop.add(key);
      });
    },
  };
}
