import { exactField, parseFieldSelector } from '../../object/field-selector.ts';
import { parseRule } from '../bootstrap/rule-text.ts';
import { systemRoles } from '../bootstrap/system-roles.ts';
import type { UserInfo } from '../context.ts';
import type { Listers } from '../watch/view.ts';
import type { Attributes, Authorizer, Decision, RuleResolver } from './authorizer.ts';
import { makeNodeGraph, type NodeGraph, type Reachable } from './node-graph.ts';
import { ruleAllows } from './policy-rule.ts';
import { unlistableRules } from './rules.ts';

/**
 * Kubelets (`system:node:<name>` in group `system:nodes`) may do what the role system:node says, and
 * of secrets, volumes, pods and the like only what their own pods use.
 * Source: plugin/pkg/auth/authorizer/node/node_authorizer.go.
 */

const userPrefix = 'system:node:';
const allow: Decision = { verdict: 'allow', reason: '' };
const ownVerbs = ['get', 'create', 'update', 'patch', 'delete'];

function no(reason: string): Decision {
  return { verdict: 'no-opinion', reason };
}

/** The node's name; undefined when the user is no node, empty when it does not say which. */
const ofNodes = unlistableRules('node');
const noRules = { resourceRules: [], nonResourceRules: [], incomplete: false };

/** Nodes have rights that no list shows; others have none by this authorizer. */
export const nodeRules: RuleResolver = {
  rulesFor: async (user, namespace) =>
    nodeNameOf(user) === undefined ? noRules : ofNodes.rulesFor(user, namespace),
};

export function nodeNameOf(user: UserInfo): string | undefined {
  if (!user.name.startsWith(userPrefix) || !user.groups.includes('system:nodes')) return undefined;
  return user.name.slice(userPrefix.length);
}

export function makeNodeAuthorizer({ listers }: { listers: Listers }): Authorizer {
  const graph = makeNodeGraph(listers);
  const rules = (systemRoles['system:node'] ?? []).map(parseRule);
  return {
    name: 'Node',
    authorize(asked) {
      const node = nodeNameOf(asked.user);
      if (node === undefined) return no('');
      if (node === '') return no(`unknown node for user ${JSON.stringify(asked.user.name)}`);
      const special = asked.resourceRequest
        ? subdivided[`${asked.group}/${asked.resource}`]
        : undefined;
      if (special !== undefined) return special(node, asked, graph);
      return rules.some((rule) => ruleAllows(rule, asked)) ? allow : no('');
    },
  };
}

type Check = (node: string, asked: Attributes, graph: NodeGraph) => Decision;

/** Resources of which a node sees a part; by `group/resource`. */
const subdivided: Record<string, Check> = {
  '/secrets': readNamespaced('secrets'),
  '/configmaps': readNamespaced('configmaps'),
  '/persistentvolumeclaims': (node, asked, graph) =>
    asked.subresource === 'status'
      ? updateStatus('persistentvolumeclaims')(node, asked, graph)
      : getOnly('persistentvolumeclaims')(node, asked, graph),
  '/persistentvolumes': getOnly('persistentvolumes'),
  'resource.k8s.io/resourceclaims': getOnly('resourceclaims'),
  'storage.k8s.io/volumeattachments': getOnly('volumeattachments'),
  '/serviceaccounts': serviceAccount,
  'coordination.k8s.io/leases': lease,
  'storage.k8s.io/csinodes': csiNode,
  'resource.k8s.io/resourceslices': resourceSlice,
  '/nodes': ownNode,
  '/pods': pod,
};

function related(kind: Reachable, node: string, asked: Attributes, graph: NodeGraph): Decision {
  if (asked.name === '') return no('No Object name found');
  if (graph.reaches(node, kind, asked.namespace, asked.name)) return allow;
  return no(`no relationship found between node '${node}' and this object`);
}

function getOnly(kind: Reachable): Check {
  return (node, asked, graph) => {
    if (asked.verb !== 'get') return no('can only get individual resources of this type');
    if (asked.subresource !== '') return no('cannot get subresource');
    return related(kind, node, asked, graph);
  };
}

function readNamespaced(kind: Reachable): Check {
  return (node, asked, graph) => {
    if (!['get', 'list', 'watch'].includes(asked.verb)) {
      return no('can only read resources of this type');
    }
    if (asked.subresource !== '') return no('cannot read subresource');
    if (asked.namespace === '') return no('can only read namespaced object of this type');
    return related(kind, node, asked, graph);
  };
}

function updateStatus(kind: Reachable): Check {
  return (node, asked, graph) => {
    if (asked.verb !== 'update' && asked.verb !== 'patch') {
      return no('can only get/update/patch this type');
    }
    return related(kind, node, asked, graph);
  };
}

function serviceAccount(node: string, asked: Attributes, graph: NodeGraph): Decision {
  const reads = asked.verb === 'get' && asked.subresource === '';
  if (!reads && (asked.verb !== 'create' || asked.subresource !== 'token')) {
    return no('can only create tokens for individual service accounts');
  }
  return related('serviceaccounts', node, asked, graph);
}

function lease(node: string, asked: Attributes): Decision {
  if (!ownVerbs.includes(asked.verb)) {
    return no('can only get, create, update, patch, or delete a node lease');
  }
  if (asked.namespace !== 'kube-node-lease') {
    return no('can only access leases in the "kube-node-lease" system namespace');
  }
  // The name of a new lease is admission's to check (NodeRestriction).
  if (asked.verb !== 'create' && asked.name !== node) {
    return no('can only access node lease with the same name as the requesting node');
  }
  return allow;
}

function csiNode(node: string, asked: Attributes): Decision {
  if (!ownVerbs.includes(asked.verb)) {
    return no('can only get, create, update, patch, or delete a CSINode');
  }
  if (asked.subresource !== '') return no('cannot authorize CSINode subresources');
  if (asked.verb !== 'create' && asked.name !== node) {
    return no('can only access CSINode with the same name as the requesting node');
  }
  return allow;
}

function resourceSlice(node: string, asked: Attributes, graph: NodeGraph): Decision {
  if (asked.subresource !== '') return no('cannot authorize ResourceSlice subresources');
  switch (asked.verb) {
    case 'create':
      return allow;
    case 'get':
    case 'update':
    case 'patch':
    case 'delete':
      return related('resourceslices', node, asked, graph);
    case 'list':
    case 'watch':
    case 'deletecollection':
      return selectsNode(asked, node)
        ? allow
        : no('can only list/watch/deletecollection resourceslices with nodeName field selector');
    default:
      return no(
        'only the following verbs are allowed for a ResourceSlice: get, watch, list, create, update, patch, delete, deletecollection',
      );
  }
}

function ownNode(node: string, { verb, subresource, name }: Attributes): Decision {
  const writes = verb === 'update' || verb === 'patch';
  if (subresource === 'status' && writes) return allow;
  if (subresource !== '') return no('');
  if (verb === 'create' || writes) return allow;
  if (!['get', 'list', 'watch'].includes(verb)) return no('');
  if (name === node) return allow;
  return name === ''
    ? no(`node '${node}' cannot read all nodes, only its own Node object`)
    : no(`node '${node}' cannot read '${name}', only its own Node object`);
}

function pod(node: string, asked: Attributes, graph: NodeGraph): Decision {
  const { verb, subresource } = asked;
  if (subresource === 'status') return verb === 'update' || verb === 'patch' ? allow : no('');
  if (subresource === 'eviction') return verb === 'create' ? allow : no('');
  if (subresource !== '') return no('');
  switch (verb) {
    case 'get':
      return related('pods', node, asked, graph);
    case 'list':
    case 'watch':
      if (selectsNode(asked, node)) return allow;
      if (asked.name !== '') return related('pods', node, asked, graph);
      return no('can only list/watch pods with spec.nodeName field selector');
    case 'create':
    case 'delete':
      // Which pods is admission's to check (NodeRestriction).
      return allow;
    default:
      return no('');
  }
}

function selectsNode(asked: Attributes, node: string): boolean {
  if (asked.fieldSelector === undefined) return false;
  try {
    return exactField(parseFieldSelector(asked.fieldSelector), 'spec.nodeName') === node;
  } catch {
    return false;
  }
}
