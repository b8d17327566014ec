import type { KubeObject } from '../../object/object.ts';
import { aggregate } from '../authz/aggregation.ts';
import { controllerRoles } from './controller-roles.ts';
import { parseRule } from './rule-text.ts';
import { systemRoles } from './system-roles.ts';

/**
 * The RBAC objects every cluster starts with, complete and in upstream's shape.
 * Source: plugin/pkg/auth/authorizer/rbac/bootstrappolicy, v1.36.
 */

const apiGroup = 'rbac.authorization.k8s.io';
const apiVersion = `${apiGroup}/v1`;
const kubeSystem = 'kube-system';

/** Sums of other roles; the value is the role each is itself added to. */
const aggregated: Record<string, string | undefined> = {
  admin: undefined,
  edit: 'admin',
  view: 'edit',
};

/** Roles in a namespace: `namespace/name` to rules. */
const namespacedRoles: Readonly<Record<string, readonly string[]>> = {
  'kube-public/system:controller:bootstrap-signer': [
    'get,list,watch core configmaps',
    'update core configmaps cluster-info',
    'create,patch,update core,events.k8s.io events',
  ],
  'kube-system/extension-apiserver-authentication-reader': [
    'get,list,watch core configmaps extension-apiserver-authentication',
  ],
  'kube-system/system::leader-locking-kube-controller-manager': [
    'create,get,list,update,watch coordination.k8s.io leases',
    'create,get,list,update,watch coordination.k8s.io leasecandidates',
  ],
  'kube-system/system::leader-locking-kube-scheduler': [
    'create,get,list,update,watch coordination.k8s.io leases',
    'create,get,list,update,watch coordination.k8s.io leasecandidates',
  ],
  'kube-system/system:controller:bootstrap-signer': ['get,list,watch core secrets'],
  'kube-system/system:controller:cloud-provider': ['create,get,list,watch core configmaps'],
  'kube-system/system:controller:token-cleaner': [
    'delete,get,list,watch core secrets',
    'create,patch,update core,events.k8s.io events',
  ],
};

/** Who holds the system ClusterRoles; controllers hold theirs by name. */
const clusterSubjects: Readonly<Record<string, readonly string[]>> = {
  'cluster-admin': ['Group system:masters'],
  'system:basic-user': ['Group system:authenticated'],
  'system:discovery': ['Group system:authenticated'],
  'system:kube-controller-manager': ['User system:kube-controller-manager'],
  'system:kube-dns': ['ServiceAccount kube-dns'],
  'system:kube-scheduler': ['User system:kube-scheduler'],
  'system:monitoring': ['Group system:monitoring'],
  // Nobody: nodes are authorised by the Node authorizer.
  'system:node': [],
  'system:node-proxier': ['User system:kube-proxy'],
  'system:public-info-viewer': ['Group system:authenticated', 'Group system:unauthenticated'],
  'system:service-account-issuer-discovery': ['Group system:serviceaccounts'],
  'system:volume-scheduler': ['User system:kube-scheduler'],
};

/** `namespace/binding` to role name and subjects. */
const namespacedSubjects: Readonly<Record<string, { role: string; subjects: readonly string[] }>> =
  {
    'kube-public/system:controller:bootstrap-signer': {
      role: 'system:controller:bootstrap-signer',
      subjects: ['ServiceAccount bootstrap-signer'],
    },
    'kube-system/system::extension-apiserver-authentication-reader': {
      role: 'extension-apiserver-authentication-reader',
      subjects: ['User system:kube-controller-manager', 'User system:kube-scheduler'],
    },
    'kube-system/system::leader-locking-kube-controller-manager': {
      role: 'system::leader-locking-kube-controller-manager',
      subjects: [
        'User system:kube-controller-manager',
        'ServiceAccount kube-controller-manager',
        'ServiceAccount leader-election-controller',
      ],
    },
    'kube-system/system::leader-locking-kube-scheduler': {
      role: 'system::leader-locking-kube-scheduler',
      subjects: ['User system:kube-scheduler', 'ServiceAccount kube-scheduler'],
    },
    'kube-system/system:controller:bootstrap-signer': {
      role: 'system:controller:bootstrap-signer',
      subjects: ['ServiceAccount bootstrap-signer'],
    },
    'kube-system/system:controller:cloud-provider': {
      role: 'system:controller:cloud-provider',
      subjects: ['ServiceAccount cloud-provider'],
    },
    'kube-system/system:controller:token-cleaner': {
      role: 'system:controller:token-cleaner',
      subjects: ['ServiceAccount token-cleaner'],
    },
  };

/** A fresh copy: the caller may change what it is given. Aggregated roles carry their sum. */
export function clusterRoles(): KubeObject[] {
  const roles: KubeObject[] = [];
  for (const [name, rules] of Object.entries(systemRoles)) {
    const target = /^system:aggregate-to-(.+)$/.exec(name)?.[1];
    roles.push(role('ClusterRole', '', name, rules, target));
  }
  for (const [name, rules] of Object.entries(controllerRoles)) {
    roles.push(role('ClusterRole', '', `system:controller:${name}`, rules));
  }
  // The smallest first: each sum needs the one below it.
  for (const [name, target] of Object.entries(aggregated).toReversed()) {
    const sum = role('ClusterRole', '', name, [], target);
    sum.aggregationRule = {
      clusterRoleSelectors: [{ matchLabels: { [`${apiGroup}/aggregate-to-${name}`]: 'true' } }],
    };
    sum.rules = aggregate(sum, roles);
    roles.push(sum);
  }
  return roles.toSorted((a, b) => ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1));
}

export function clusterRoleBindings(): KubeObject[] {
  const bindings = Object.entries(clusterSubjects).map(([name, subjects]) =>
    binding('ClusterRoleBinding', '', name, name, subjects),
  );
  for (const controller of Object.keys(controllerRoles)) {
    const name = `system:controller:${controller}`;
    bindings.push(binding('ClusterRoleBinding', '', name, name, [`ServiceAccount ${controller}`]));
  }
  return bindings;
}

export function roles(): KubeObject[] {
  return Object.entries(namespacedRoles).map(([key, rules]) => {
    const [namespace, name] = split(key);
    return role('Role', namespace, name, rules);
  });
}

export function roleBindings(): KubeObject[] {
  return Object.entries(namespacedSubjects).map(([key, { role: roleName, subjects }]) => {
    const [namespace, name] = split(key);
    return binding('RoleBinding', namespace, name, roleName, subjects);
  });
}

function split(key: string): [namespace: string, name: string] {
  const cut = key.indexOf('/');
  return [key.slice(0, cut), key.slice(cut + 1)];
}

function metadata(namespace: string, name: string): KubeObject['metadata'] {
  return {
    name,
    ...(namespace === '' ? {} : { namespace }),
    labels: { 'kubernetes.io/bootstrapping': 'rbac-defaults' },
    annotations: { 'rbac.authorization.kubernetes.io/autoupdate': 'true' },
  };
}

function role(
  kind: 'ClusterRole' | 'Role',
  namespace: string,
  name: string,
  rules: readonly string[],
  aggregateTo?: string,
): KubeObject {
  const object: KubeObject = { apiVersion, kind, metadata: metadata(namespace, name) };
  if (aggregateTo !== undefined && object.metadata.labels !== undefined) {
    object.metadata.labels[`${apiGroup}/aggregate-to-${aggregateTo}`] = 'true';
  }
  object.rules = rules.map(parseRule);
  return object;
}

function binding(
  kind: 'ClusterRoleBinding' | 'RoleBinding',
  namespace: string,
  name: string,
  roleName: string,
  subjects: readonly string[],
): KubeObject {
  const object: KubeObject = { apiVersion, kind, metadata: metadata(namespace, name) };
  if (subjects.length > 0) object.subjects = subjects.map(subject);
  object.roleRef = {
    apiGroup,
    kind: kind === 'RoleBinding' ? 'Role' : 'ClusterRole',
    name: roleName,
  };
  return object;
}

function subject(text: string): Record<string, string> {
  const [kind = '', name = ''] = text.split(' ');
  return kind === 'ServiceAccount'
    ? { kind, name, namespace: kubeSystem }
    : { kind, apiGroup, name };
}
