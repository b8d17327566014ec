import type { UserInfo } from '../context.ts';

/** What is asked (k8s.io/apiserver authorizer.Attributes). */
export interface Attributes {
  user: UserInfo;
  verb: string;
  resourceRequest: boolean;
  group: string;
  version: string;
  resource: string;
  subresource: string;
  namespace: string;
  name: string;
  /** Non-resource requests. */
  path: string;
  fieldSelector?: string;
  labelSelector?: string;
}

export type Decision =
  | { verdict: 'allow'; reason: string; error?: undefined }
  | { verdict: 'deny'; reason: string; error?: string }
  | { verdict: 'no-opinion'; reason: string; error?: string };

export interface Authorizer {
  name: string;
  authorize(attributes: Attributes): Promise<Decision> | Decision;
}

export interface ResourceRule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  resourceNames?: string[];
}

export interface NonResourceRule {
  verbs: string[];
  nonResourceURLs: string[];
}

/** All a user may do in a namespace, for SelfSubjectRulesReview. */
export interface RuleResolver {
  rulesFor(
    user: UserInfo,
    namespace: string,
  ): Promise<{
    resourceRules: ResourceRule[];
    nonResourceRules: NonResourceRule[];
    incomplete: boolean;
    evaluationError?: string;
  }>;
}
