import type { KubeObject } from '../../object/object.ts';
import type { RequestInfo, UserInfo } from '../context.ts';

/**
 * Which flow is a request part of: the first FlowSchema, by precedence, that matches it.
 * Pure. Source: k8s.io/apiserver util/flowcontrol/rule.go.
 */

interface Subject {
  kind: string;
  user?: { name: string };
  group?: { name: string };
  serviceAccount?: { namespace: string; name: string };
}

interface ResourceRule {
  verbs: string[];
  apiGroups: string[];
  resources: string[];
  clusterScope?: boolean;
  namespaces?: string[];
}

interface NonResourceRule {
  verbs: string[];
  nonResourceURLs: string[];
}

interface Rule {
  subjects: Subject[];
  resourceRules?: ResourceRule[];
  nonResourceRules?: NonResourceRule[];
}

/** One FlowSchema, ready to match. */
export interface FlowSchema {
  name: string;
  uid: string;
  level: string;
  precedence: number;
  distinguisher: 'ByUser' | 'ByNamespace' | '';
  rules: readonly Rule[];
}

const defaultPrecedence = 1000;

export function readFlowSchema({ metadata, spec }: KubeObject): FlowSchema {
  return {
    name: metadata.name ?? '',
    uid: metadata.uid ?? '',
    level: spec.priorityLevelConfiguration.name,
    precedence: spec.matchingPrecedence ?? defaultPrecedence,
    distinguisher: spec.distinguisherMethod?.type ?? '',
    rules: spec.rules ?? [],
  };
}

/** Lowest precedence number first, then by name. */
export function sortFlowSchemas(schemas: readonly FlowSchema[]): FlowSchema[] {
  return schemas.toSorted((a, b) => a.precedence - b.precedence || (a.name < b.name ? -1 : 1));
}

/** `schemas` sorted; undefined only when there is no catch-all. */
export function classify(
  schemas: readonly FlowSchema[],
  user: UserInfo,
  info: RequestInfo,
): FlowSchema | undefined {
  return schemas.find((schema) => schema.rules.some((rule) => ruleMatches(rule, user, info)));
}

/** Flows of one schema are kept apart by this. */
export function distinguish(schema: FlowSchema, user: UserInfo, info: RequestInfo): string {
  if (schema.distinguisher === 'ByUser') return user.name;
  return schema.distinguisher === 'ByNamespace' ? info.namespace : '';
}

function ruleMatches(rule: Rule, user: UserInfo, info: RequestInfo): boolean {
  if (!rule.subjects.some((subject) => subjectMatches(subject, user))) return false;
  return info.isResourceRequest
    ? (rule.resourceRules ?? []).some((resource) => resourceMatches(resource, info))
    : (rule.nonResourceRules ?? []).some((url) => urlMatches(url, info));
}

function subjectMatches(subject: Subject, user: UserInfo): boolean {
  switch (subject.kind) {
    case 'User':
      return subject.user?.name === '*' || subject.user?.name === user.name;
    case 'Group': {
      const name = subject.group?.name ?? '';
      return name === '*' || user.groups.includes(name);
    }
    case 'ServiceAccount': {
      const { namespace = '', name = '' } = subject.serviceAccount ?? {};
      const prefix = `system:serviceaccount:${namespace}:`;
      return name === '*' ? user.name.startsWith(prefix) : user.name === prefix + name;
    }
    default:
      return false;
  }
}

function holds(list: readonly string[], value: string): boolean {
  return list.includes('*') || list.includes(value);
}

function resourceMatches(rule: ResourceRule, info: RequestInfo): boolean {
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`;
  if (!holds(rule.verbs, info.verb)) return false;
  if (!holds(rule.apiGroups, info.group) || !holds(rule.resources, resource)) return false;
  return info.namespace === ''
    ? rule.clusterScope === true
    : holds(rule.namespaces ?? [], info.namespace);
}

function urlMatches(rule: NonResourceRule, info: RequestInfo): boolean {
  return (
    holds(rule.verbs, info.verb) &&
    rule.nonResourceURLs.some(
      (url) =>
        url === '*' ||
        url === info.path ||
        (url.endsWith('*') && info.path.startsWith(url.slice(0, -1))),
    )
  );
}
