import { isDeepStrictEqual } from 'node:util';
import { deepCopy } from '../../object/copy.ts';
import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { PolicyRule } from '../authz/policy-rule.ts';
import { missingRights } from '../authz/rule-coverage.ts';

/**
 * Brings the objects a cluster starts with to what this version wants, and never takes away what an
 * administrator added: rules and subjects are only ever added, and
 * `rbac.authorization.kubernetes.io/autoupdate: "false"` leaves an object alone.
 * Source: pkg/registry/rbac/reconciliation, k8s.io/apiserver flowcontrol ensurer.
 */

/** What the reconcile needs of the stores; the caller implements it with the generic verbs. */
export interface BootstrapPort {
  /**
   * `cached`: what the cache holds will do, once it has been read; it may be old, and what is not in it may
   * be there. Writes find that out.
   */
  get(ref: ObjectRef, cached?: 'cached'): Promise<KubeObject | undefined>;
  /** Throws AlreadyExists as a StatusError. `object` is left as it is. */
  create(ref: ObjectRef, object: KubeObject): Promise<void>;
  /** `object` carries the resourceVersion read by get; throws Conflict as a StatusError. */
  update(ref: ObjectRef, object: KubeObject): Promise<void>;
  delete(ref: ObjectRef): Promise<void>;
}

export interface ObjectRef {
  group: string;
  resource: string;
  namespace: string;
  name: string;
}

type Revise = (existing: KubeObject, wanted: KubeObject) => KubeObject | 'recreate' | undefined;

const attemptsMax = 5;

/** Creates what is missing; an object that exists is left as it is. */
export function ensureExists(port: BootstrapPort, ref: ObjectRef, wanted: KubeObject) {
  return reconcile(port, ref, wanted, () => undefined);
}

export function reconcileRole(port: BootstrapPort, resource: string, wanted: KubeObject) {
  return reconcile(port, rbacRef(resource, wanted), wanted, reviseRole);
}

export function reconcileBinding(port: BootstrapPort, resource: string, wanted: KubeObject) {
  return reconcile(port, rbacRef(resource, wanted), wanted, reviseBinding);
}

/** `mandatory` objects (exempt, catch-all) are kept equal even against an administrator. */
export function reconcileFlowControl(
  port: BootstrapPort,
  resource: 'flowschemas' | 'prioritylevelconfigurations',
  wanted: KubeObject,
) {
  const name = wanted.metadata.name ?? '';
  const mandatory = name === 'exempt' || name === 'catch-all';
  const ref = { group: 'flowcontrol.apiserver.k8s.io', resource, namespace: '', name };
  return reconcile(port, ref, wanted, (existing, want) =>
    reviseFlowControl(existing, want, mandatory),
  );
}

function rbacRef(resource: string, { metadata }: KubeObject): ObjectRef {
  return {
    group: 'rbac.authorization.k8s.io',
    resource,
    namespace: metadata.namespace ?? '',
    name: metadata.name ?? '',
  };
}

/**
 * The first look is at the cache: of a hundred objects, all or none are there. Several servers start at once:
 * lost races are retried, a few times.
 */
async function reconcile(
  port: BootstrapPort,
  ref: ObjectRef,
  wanted: KubeObject,
  revise: Revise,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      const existing = await port.get(ref, attempt === 1 ? 'cached' : undefined);
      if (existing === undefined) return await port.create(ref, wanted);
      const next = revise(existing, wanted);
      if (next === undefined) return;
      if (next !== 'recreate') return await port.update(ref, next);
      await port.delete(ref);
      return await port.create(ref, wanted);
    } catch (error) {
      const lostRace =
        error instanceof StatusError &&
        (error.reason === 'AlreadyExists' || error.reason === 'Conflict');
      if (!lostRace || attempt === attemptsMax) throw error;
    }
  }
}

function isProtected(existing: KubeObject): boolean {
  return existing.metadata.annotations?.['rbac.authorization.kubernetes.io/autoupdate'] === 'false';
}

export function reviseRole(existing: KubeObject, wanted: KubeObject): KubeObject | undefined {
  if (isProtected(existing)) return undefined;
  const next = deepCopy(existing);
  let changed = mergeMetadata(next, wanted);
  const selectors: unknown[] = existing.aggregationRule?.clusterRoleSelectors ?? [];
  const missingSelectors = (
    (wanted.aggregationRule?.clusterRoleSelectors ?? []) as unknown[]
  ).filter((selector) => !selectors.some((known) => isDeepStrictEqual(known, selector)));
  if (missingSelectors.length > 0) {
    next.aggregationRule = { clusterRoleSelectors: [...selectors, ...missingSelectors] };
    changed = true;
  }
  const owned: PolicyRule[] = existing.rules ?? [];
  // An aggregated role's rules belong to the aggregation; they are only given a first value.
  if (wanted.aggregationRule === undefined || owned.length === 0) {
    const missing =
      wanted.aggregationRule === undefined
        ? missingRights(owned, wanted.rules ?? [])
        : (wanted.rules ?? []);
    if (missing.length > 0) {
      next.rules = [...owned, ...deepCopy(missing)];
      changed = true;
    }
  }
  return changed ? next : undefined;
}

export function reviseBinding(
  existing: KubeObject,
  wanted: KubeObject,
): KubeObject | 'recreate' | undefined {
  if (isProtected(existing)) return undefined;
  // A role reference cannot be changed in place.
  if (!isDeepStrictEqual(existing.roleRef, wanted.roleRef)) return 'recreate';
  const next = deepCopy(existing);
  let changed = mergeMetadata(next, wanted);
  const subjects: unknown[] = existing.subjects ?? [];
  const missing = ((wanted.subjects ?? []) as unknown[]).filter(
    (subject) => !subjects.some((known) => isDeepStrictEqual(known, subject)),
  );
  if (missing.length > 0) {
    next.subjects = [...subjects, ...deepCopy(missing)];
    changed = true;
  }
  return changed ? next : undefined;
}

/** Labels and annotations that are missing are added; existing values stay. */
function mergeMetadata(next: KubeObject, wanted: KubeObject): boolean {
  let changed = false;
  for (const field of ['labels', 'annotations'] as const) {
    const have = next.metadata[field] ?? {};
    for (const [key, value] of Object.entries(wanted.metadata[field] ?? {})) {
      if (key in have) continue;
      have[key] = value;
      changed = true;
    }
    if (changed) next.metadata[field] = have;
  }
  return changed;
}

const autoupdate = 'apf.kubernetes.io/autoupdate-spec';

function reviseFlowControl(
  existing: KubeObject,
  wanted: KubeObject,
  mandatory: boolean,
): KubeObject | undefined {
  const annotation = existing.metadata.annotations?.[autoupdate];
  const automatic =
    mandatory ||
    annotation === 'true' ||
    (annotation === undefined && (existing.metadata.generation ?? 1) === 1);
  const next = deepCopy(existing);
  const want = automatic ? 'true' : 'false';
  const specDiffers = automatic && !isDeepStrictEqual(existing.spec, wanted.spec);
  if (annotation === want && !specDiffers) return undefined;
  next.metadata.annotations = { ...next.metadata.annotations, [autoupdate]: want };
  if (specDiffers) next.spec = deepCopy(wanted.spec);
  return next;
}
