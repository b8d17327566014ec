import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Logger } from '../log/log.ts';
import type { Registry } from '../metrics/registry.ts';
import { makeAbac, parseAbacPolicies } from './authz/abac.ts';
import { alwaysAllow, alwaysDeny, type Authorize, authorizeInOrder } from './authz/authorize.ts';
import type { Authorizer, Decision, RuleResolver } from './authz/authorizer.ts';
import {
  type ConfiguredAuthorizer,
  readAuthorizationConfiguration,
} from './authz/configuration.ts';
import { typesOf } from './authz/configured-types.ts';
import { makeNodeAuthorizer, nodeRules } from './authz/node.ts';
import type { Rbac } from './authz/rbac.ts';
import { resolveRules, unlistableRules } from './authz/rules.ts';
import { makeAuthorizationWebhook } from './authz/webhook.ts';
import { followConfiguration } from './configuration-file.ts';
import { type AuthorizerMetrics, makeAuthorizerMetrics } from './metrics/authorizer-metrics.ts';
import { makeReloadMetrics } from './metrics/reload-metrics.ts';
import type { AuthzConfig } from './options/authorization.ts';
import type { Listers } from './watch/view.ts';
import { remoteService } from './webhook/kubeconfig.ts';

/** What the authorizers are made from. */
interface Parts {
  config: AuthzConfig;
  rbac: Rbac;
  listers: Listers;
  log: Logger;
  metrics: AuthorizerMetrics;
}

export interface AuthorizerChain {
  authorize: Authorize;
  /** What all of them together allow, for SelfSubjectRulesReview. */
  rules: RuleResolver;
  close(): void;
}

/** The chain of `--authorization-mode` or of `--authorization-config`, which is read again when it changes. */
export async function makeAuthorizers({
  registry,
  ...given
}: Omit<Parts, 'metrics'> & { registry: Registry }): Promise<AuthorizerChain> {
  const parts = { ...given, metrics: makeAuthorizerMetrics(registry) };
  const { config, log } = parts;
  if (config.configFile === '') return chainOf(modesOf(config), parts);
  const followed = await followConfiguration({
    file: config.configFile,
    log,
    read: (content, first) =>
      chainOf(
        readAuthorizationConfiguration(
          content,
          first === undefined ? undefined : typesOf(readAuthorizationConfiguration(first)),
        ),
        parts,
      ),
    same: isDeepStrictEqual,
    replaced: (chain) => chain.close(),
    metrics: makeReloadMetrics(registry, 'authorization'),
  });
  return {
    authorize: (attributes) => followed.current().authorize(attributes),
    rules: { rulesFor: (user, namespace) => followed.current().rules.rulesFor(user, namespace) },
    close() {
      followed.close();
      followed.current().close();
    },
  };
}

/** Modes as an AuthorizationConfiguration would say them. */
function modesOf({ modes, webhook }: AuthzConfig): ConfiguredAuthorizer[] {
  return modes.map((type) =>
    type === 'Webhook'
      ? {
          type,
          name: 'default',
          webhook: {
            ...webhook,
            timeoutMs: 30_000,
            onFailure: 'NoOpinion',
            conditionsHold: undefined,
          },
        }
      : { type, name: type },
  );
}

function chainOf(list: readonly ConfiguredAuthorizer[], parts: Parts): AuthorizerChain {
  const closers: (() => void)[] = [];
  const authorizers = list.map((one) => {
    const { type, name } = one;
    const made = authorizer(one, parts, closers);
    // by flags they are called by their mode
    return counted(made, parts.metrics.decisions(type, name === type ? type.toLowerCase() : name));
  });
  return {
    authorize: authorizeInOrder(authorizers),
    rules: resolveRules(authorizers),
    close() {
      for (const close of closers) close();
    },
  };
}

function counted(
  inner: Authorizer & RuleResolver,
  count: (decision: 'allowed' | 'denied') => void,
): Authorizer & RuleResolver {
  const told = (decision: Decision): Decision => {
    if (decision.verdict === 'allow') count('allowed');
    else if (decision.verdict === 'deny') count('denied');
    return decision;
  };
  return {
    name: inner.name,
    rulesFor: (user, namespace) => inner.rulesFor(user, namespace),
    authorize(asked) {
      const answer = inner.authorize(asked);
      return answer instanceof Promise ? answer.then(told) : told(answer);
    },
  };
}

function authorizer(
  { type, name, webhook }: ConfiguredAuthorizer,
  { config, rbac, listers, metrics }: Parts,
  closers: (() => void)[],
): Authorizer & RuleResolver {
  switch (type) {
    case 'AlwaysAllow':
      return alwaysAllow;
    case 'AlwaysDeny':
      return alwaysDeny;
    case 'RBAC':
      return rbac;
    case 'Node':
      return { ...makeNodeAuthorizer({ listers }), ...nodeRules };
    case 'ABAC':
      return makeAbac(parseAbacPolicies(readFileSync(config.policyFile, 'utf8')));
    default: {
      if (webhook === undefined) throw new Error(`unknown authorizer ${type}`);
      const remote = remoteService(webhook.configFile, { timeoutMs: webhook.timeoutMs });
      closers.push(() => remote.close());
      const asked = makeAuthorizationWebhook({
        ...webhook,
        post: (body) => remote.post(body),
        observe: metrics.webhook(name),
      });
      return { ...asked, ...unlistableRules('webhook') };
    }
  }
}
