import { forbidden, internalError, type StatusError } from '../../object/status-error.ts';
import type { RequestContext, RequestInfo, Stage, UserInfo } from '../context.ts';
import type { Attributes, Authorizer, Decision, RuleResolver } from './authorizer.ts';

/** May they? The authorizers in the order of `--authorization-mode`; the first opinion counts. */

export type Authorize = (attributes: Attributes) => Decision | Promise<Decision>;

export const authorizationModes = [
  'AlwaysAllow',
  'AlwaysDeny',
  'ABAC',
  'Webhook',
  'RBAC',
  'Node',
] as const;

/** Members may do anything, whatever the modes say (user.SystemPrivilegedGroup). */
const privileged: Authorizer = {
  name: 'system:masters',
  authorize: ({ user }) =>
    user.groups.includes('system:masters')
      ? { verdict: 'allow', reason: '' }
      : { verdict: 'no-opinion', reason: '' },
};

export const alwaysAllow: Authorizer & RuleResolver = {
  name: 'AlwaysAllow',
  rulesFor: async () => ({
    resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
    nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
    incomplete: false,
  }),
  authorize: () => ({ verdict: 'allow', reason: '' }),
};

export const alwaysDeny: Authorizer & RuleResolver = {
  name: 'AlwaysDeny',
  rulesFor: async () => ({ resourceRules: [], nonResourceRules: [], incomplete: false }),
  authorize: () => ({ verdict: 'no-opinion', reason: 'Everything is forbidden.' }),
};

/**
 * One authorizer out of many (authorization/union). Reasons and errors of those without an opinion
 * are joined by line. Asks without waiting as long as no authorizer makes it wait.
 */
export function authorizeInOrder(authorizers: readonly Authorizer[]): Authorize {
  const chain = [privileged, ...authorizers];
  return (attributes) => ask(chain, 0, attributes, [], []);
}

function ask(
  chain: readonly Authorizer[],
  from: number,
  attributes: Attributes,
  reasons: string[],
  errors: string[],
): Decision | Promise<Decision> {
  for (let i = from; i < chain.length; i++) {
    const answer = (chain[i] as Authorizer).authorize(attributes);
    if (answer instanceof Promise) {
      return answer.then((decision) => {
        if (opinion(decision, reasons, errors)) return decision;
        return ask(chain, i + 1, attributes, reasons, errors);
      });
    }
    if (opinion(answer, reasons, errors)) return answer;
  }
  const reason = reasons.join('\n');
  if (errors.length === 0) return { verdict: 'no-opinion', reason };
  const each = [...new Set(errors)];
  const error = each.length === 1 ? String(each[0]) : `[${each.join(', ')}]`;
  return { verdict: 'no-opinion', reason, error };
}

function opinion(decision: Decision, reasons: string[], errors: string[]): boolean {
  if (decision.verdict !== 'no-opinion') return true;
  if (decision.reason !== '') reasons.push(decision.reason);
  if (decision.error !== undefined) errors.push(decision.error);
  return false;
}

export function isAuthorizationMode(mode: string): boolean {
  return (authorizationModes as readonly string[]).includes(mode);
}

export function attributesOf(user: UserInfo, info: RequestInfo): Attributes {
  return {
    user,
    verb: info.verb,
    resourceRequest: info.isResourceRequest,
    group: info.group,
    version: info.version,
    resource: info.resource,
    subresource: info.subresource,
    namespace: info.namespace,
    name: info.name,
    path: info.path,
    ...(info.fieldSelector === '' ? {} : { fieldSelector: info.fieldSelector }),
    ...(info.labelSelector === '' ? {} : { labelSelector: info.labelSelector }),
  };
}

/** 403 in upstream's words; the name of the object is part of it where the request has one. */
export function forbiddenByAuthorizer(asked: Attributes, reason: string): StatusError {
  const text = sanitized(question(asked));
  return forbidden(
    { group: asked.group, resource: asked.resource },
    asked.name,
    reason === '' ? text : `${text}: ${reason}`,
  );
}

function question(asked: Attributes): string {
  const start = `User ${JSON.stringify(asked.user.name)} cannot ${asked.verb}`;
  if (!asked.resourceRequest) return `${start} path ${JSON.stringify(asked.path)}`;
  const resource =
    asked.subresource === '' ? asked.resource : `${asked.resource}/${asked.subresource}`;
  const where =
    asked.namespace === ''
      ? 'at the cluster scope'
      : `in the namespace ${JSON.stringify(asked.namespace)}`;
  return `${start} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(asked.group)} ${where}`;
}

/** The text holds parts of the URL and must be safe in a browser. */
function sanitized(text: string): string {
  return /[&<>]/.test(text)
    ? text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
    : text;
}

export type AuthorizationResult = 'allowed' | 'denied' | 'no-opinion' | 'error';

export function makeAuthorize(options: {
  authorize: Authorize;
  observe?: (result: AuthorizationResult) => void;
}): Stage {
  const { authorize, observe } = options;
  const settled = (context: RequestContext, asked: Attributes, decision: Decision): void => {
    observe?.(resultOf(decision));
    settle(context, asked, decision);
  };
  return {
    name: 'authorize',
    run(context: RequestContext): Promise<void> | void {
      const asked = attributesOf(context.user, context.info);
      const decision = authorize(asked);
      if (decision instanceof Promise) return decision.then((d) => settled(context, asked, d));
      return settled(context, asked, decision);
    },
  };
}

function resultOf({ verdict, error }: Decision): AuthorizationResult {
  if (verdict === 'allow') return 'allowed';
  if (error !== undefined) return 'error';
  return verdict === 'deny' ? 'denied' : 'no-opinion';
}

function settle(context: RequestContext, asked: Attributes, decision: Decision): void {
  const annotations = context.auditAnnotations;
  if (decision.verdict === 'allow') {
    annotations['authorization.k8s.io/decision'] = 'allow';
    annotations['authorization.k8s.io/reason'] = decision.reason;
    return;
  }
  if (decision.error !== undefined) {
    annotations['authorization.k8s.io/reason'] = 'internal error';
    throw internalError(decision.error);
  }
  annotations['authorization.k8s.io/decision'] = 'forbid';
  annotations['authorization.k8s.io/reason'] = decision.reason;
  context.extraHeaders['x-content-type-options'] = 'nosniff';
  throw forbiddenByAuthorizer(asked, decision.reason);
}
