import { reviewSelfSubject, reviewToken } from './authn/reviews.ts';
import { apiVersionOf, type KubeObject } from '../object/object.ts';
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSelfSubjectRules,
  reviewSubjectAccess,
} from './authz/reviews.ts';
import { requestToken } from './authn/reviews.ts';
import { makeServiceAccountIssuer } from './authn/service-account-issuer.ts';
import type { Resource } from './apis/resource.ts';
import type { ServerConfig } from './config.ts';
import type { RequestContext } from './context.ts';
import type { Credentials } from './credentials.ts';
import { schemaFor } from '../schema/built-in.ts';
import type { Security } from './security.ts';
import { bindPod } from './verbs/binding.ts';
import { componentStatus } from './verbs/component-status.ts';
import { type Evaluate, review } from './verbs/review.ts';
import type { Services } from './verbs/services.ts';
import { fresh } from './verbs/stored.ts';

type VerbFunction = (
  context: RequestContext,
  resource: Resource,
  services: Services,
) => Promise<void>;

type Answer = (review: KubeObject, context: RequestContext) => Promise<KubeObject> | KubeObject;

/** The kinds that are asked and answered, never stored, by `resource.group`. */
export function virtualResources(
  config: ServerConfig,
  security: Security,
): (resource: Resource) => VerbFunction | undefined {
  const { authorize, rules, tokens } = security;
  const table: Record<string, Answer> = {
    'tokenreviews.authentication.k8s.io': (object, request) =>
      reviewToken(object, { tokens, apiAudiences: config.authn.apiAudiences, request }),
    'selfsubjectreviews.authentication.k8s.io': (object, { user }) =>
      reviewSelfSubject(object, user),
    'subjectaccessreviews.authorization.k8s.io': (object) =>
      reviewSubjectAccess(object, { authorize }),
    'localsubjectaccessreviews.authorization.k8s.io': (object, { info }) =>
      reviewLocalSubjectAccess(object, { authorize, namespace: info.namespace }),
    'selfsubjectaccessreviews.authorization.k8s.io': (object, { user }) =>
      reviewSelfSubjectAccess(object, { authorize, user }),
    'selfsubjectrulesreviews.authorization.k8s.io': (object, { user }) =>
      reviewSelfSubjectRules(object, { rules, user }),
  };
  return (resource) => {
    if (resource.group === '' && resource.resource === 'componentstatuses') return componentStatus;
    if (resource.group === '' && resource.resource === 'bindings') return bindAnyPod;
    const evaluate = table[`${resource.resource}.${resource.group}`];
    if (evaluate === undefined) return undefined;
    return review(async (object, context, admit) => {
      await admit();
      return evaluate(object, context);
    });
  };
}

/** POST bindings: the pod is named in the body. */
const bindAnyPod: VerbFunction = (context, _bindings, services) => {
  const pods = services.resources.find('', 'v1', 'pods');
  if (pods === undefined) throw new Error('pods are not served');
  return bindPod(context, pods, services);
};

/** POST serviceaccounts/{name}/token */
export function tokenSubresource(config: ServerConfig, credentials: Credentials): VerbFunction {
  const { serviceAccount, apiAudiences } = config.authn;
  const issuer = makeServiceAccountIssuer({
    issuer: serviceAccount.issuers[0] ?? '',
    key: credentials.signingKey,
  });
  return (context, parent, services) => {
    const kind = { group: 'authentication.k8s.io', version: 'v1', kind: 'TokenRequest' };
    const schema = schemaFor(kind) ?? { type: 'object' };
    const resource: Resource = { ...parent, ...kind, apiVersion: apiVersionOf(kind), schema };
    delete resource.default;
    const { namespace, name } = context.info;
    const evaluate: Evaluate = (request, _, admit) =>
      requestToken(
        request,
        { namespace, name },
        {
          issuer,
          apiAudiences,
          read: async (plural, inNamespace, named) => {
            const of = services.resources.find('', 'v1', plural);
            if (of === undefined) return undefined;
            return (await fresh(services, of, { namespace: inNamespace, name: named }))?.object;
          },
          maxExpirationSeconds: serviceAccount.maxExpirationSeconds,
          extendExpiration: serviceAccount.extendExpiration,
          admit,
          warn: (text) => context.warnings.push(text),
          annotate: (key, value) => {
            context.auditAnnotations[key] = value;
          },
        },
      );
    return review(evaluate)(context, resource, services);
  };
}
