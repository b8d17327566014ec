import type { KubeObject } from '../../object/object.ts';
import type { UserInfo } from '../context.ts';
import type { Lister } from '../watch/view.ts';
import type { PolicyRule } from './policy-rule.ts';

interface Subject {
  kind: string;
  name: string;
  namespace?: string;
}

/** One subject of one binding. */
export interface BindingEntry {
  roleRef: { kind: string; name: string };
  /** Empty for a ClusterRoleBinding. */
  namespace: string;
  /** As upstream names it in a reason: `ClusterRoleBinding "a" of ClusterRole "b" to User "c"`. */
  describe(): string;
}

/** `u:<user name>` or `g:<group>` to the bindings that name it. */
type SubjectIndex = Map<string, BindingEntry[]>;

/**
 * Subject to bindings, role to rules: filled when first asked, dropped piece by piece as objects
 * change, so a new RoleBinding costs its namespace and nothing else. Bounded by the objects there are.
 */
export class RbacIndex {
  /** Grows with every change of any RBAC object. */
  epoch = 0;
  readonly #listers: {
    clusterRoles: Lister;
    clusterRoleBindings: Lister;
    roles: Lister;
    roleBindings: Lister;
  };
  #cluster: SubjectIndex | undefined;
  readonly #byNamespace = new Map<string, SubjectIndex>();
  /** `namespace/name`; a ClusterRole has no namespace. */
  readonly #rules = new Map<string, PolicyRule[]>();

  constructor(listers: {
    clusterRoles: Lister;
    clusterRoleBindings: Lister;
    roles: Lister;
    roleBindings: Lister;
  }) {
    this.#listers = listers;
    listers.clusterRoleBindings.onChange(() => {
      this.epoch++;
      this.#cluster = undefined;
    });
    listers.roleBindings.onChange(({ object }) => {
      this.epoch++;
      this.#byNamespace.delete(object.namespace);
    });
    for (const lister of [listers.clusterRoles, listers.roles]) {
      lister.onChange(({ object }) => {
        this.epoch++;
        this.#rules.delete(`${object.namespace}/${object.name}`);
      });
    }
  }

  /** Cluster-wide bindings first, then those of the namespace. */
  *bindingsOf(user: UserInfo, namespace: string): Generator<BindingEntry> {
    this.#cluster ??= indexBindings(this.#listers.clusterRoleBindings.list(''), '');
    yield* matching(this.#cluster, user);
    if (namespace === '') return;
    let local = this.#byNamespace.get(namespace);
    if (local === undefined) {
      const bindings = this.#listers.roleBindings.list(namespace);
      local = indexBindings(bindings, namespace);
      // Namespaces without bindings are not kept: their names come from requests, unbounded.
      if (bindings.length > 0) this.#byNamespace.set(namespace, local);
    }
    yield* matching(local, user);
  }

  roleRules(ref: { kind: string; name: string }, namespace: string): PolicyRule[] | undefined {
    if (ref.kind !== 'Role' && ref.kind !== 'ClusterRole') return undefined;
    const home = ref.kind === 'Role' ? namespace : '';
    const key = `${home}/${ref.name}`;
    const known = this.#rules.get(key);
    if (known !== undefined) return known;
    const lister = ref.kind === 'Role' ? this.#listers.roles : this.#listers.clusterRoles;
    const role = lister.get(home, ref.name);
    if (role === undefined) return undefined;
    const rules: PolicyRule[] = role.rules ?? [];
    this.#rules.set(key, rules);
    return rules;
  }
}

function* matching(index: SubjectIndex, user: UserInfo): Generator<BindingEntry> {
  const seen = new Set<BindingEntry>();
  for (const key of [`u:${user.name}`, ...user.groups.map((group) => `g:${group}`)]) {
    for (const entry of index.get(key) ?? []) {
      if (seen.has(entry)) continue;
      seen.add(entry);
      yield entry;
    }
  }
}

function indexBindings(bindings: readonly KubeObject[], namespace: string): SubjectIndex {
  const index: SubjectIndex = new Map();
  for (const binding of bindings) {
    for (const subject of (binding.subjects ?? []) as Subject[]) {
      const key = subjectKey(subject, namespace);
      if (key === undefined) continue;
      const entry: BindingEntry = {
        roleRef: binding.roleRef,
        namespace,
        describe: () => describeBinding(binding, subject, namespace),
      };
      const entries = index.get(key);
      if (entries === undefined) index.set(key, [entry]);
      else entries.push(entry);
    }
  }
  return index;
}

/** A service account without a namespace is one of the binding's own. */
function subjectKey(subject: Subject, namespace: string): string | undefined {
  switch (subject.kind) {
    case 'User':
      return `u:${subject.name}`;
    case 'Group':
      return `g:${subject.name}`;
    case 'ServiceAccount': {
      const home = subject.namespace || namespace;
      return home === '' ? undefined : `u:system:serviceaccount:${home}:${subject.name}`;
    }
    default:
      return undefined;
  }
}

function describeBinding(binding: KubeObject, subject: Subject, namespace: string): string {
  const name = binding.metadata.name ?? '';
  const { kind, name: role } = binding.roleRef as { kind: string; name: string };
  const who =
    subject.kind === 'ServiceAccount'
      ? `${subject.name}/${subject.namespace || namespace}`
      : subject.name;
  const title = namespace === '' ? 'ClusterRoleBinding' : 'RoleBinding';
  const full = namespace === '' ? name : `${name}/${namespace}`;
  return `${title} ${JSON.stringify(full)} of ${kind} ${JSON.stringify(role)} to ${subject.kind} ${JSON.stringify(who)}`;
}
