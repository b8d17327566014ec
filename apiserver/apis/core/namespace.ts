import { fieldInvalid } from '../../../object/field-error.ts';
import { type KubeObject, timestamp } from '../../../object/object.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, type Errors, keepStatus } from '../field-check.ts';
import type { KindDefinition, Propagation } from '../resource.ts';

export const namespace: KindDefinition = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  resource: 'namespaces',
  namespaced: false,
  shortNames: ['ns'],
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  storagePath: 'namespaces',
  nameRule: 'dns-label',
  generation: false,
  subresources: {
    finalize: {
      kind: { group: '', version: 'v1', kind: 'Namespace' },
      verbs: ['update'],
      definition: 'io.k8s.api.core.v1.Namespace',
      update: { prepare: prepareFinalize, validate: validateFinalize },
    },
  },
  columns: [nameColumn, textColumn('Status', ({ status }) => status?.phase ?? ''), ageColumn],
  selectableFields: ({ status }) => ({ 'status.phase': status?.phase ?? '' }),
  default(namespace) {
    namespace.spec ??= {};
    namespace.status ??= {};
    namespace.status.phase ||= 'Active';
    labelWithName(namespace);
  },
  prepareForCreate(namespace) {
    namespace.status = { phase: 'Active' };
    namespace.spec ??= {};
    const finalizers: string[] = namespace.spec.finalizers ?? [];
    if (!finalizers.includes('kubernetes')) finalizers.push('kubernetes');
    namespace.spec.finalizers = finalizers;
    labelWithName(namespace);
  },
  prepareForUpdate(next, old) {
    next.spec = old.spec;
    keepStatus(next, old);
  },
  updateChecks: ['new metadata', 'changed metadata', 'rules', 'changes'],
  validateCreate: validateNewNamespace,
  status: { validateUpdate: validateStatus },
  deferDelete: terminatingNamespace,
};

/** Selectors can then name a namespace (KEP-2161). Not possible before generateName is resolved. */
function labelWithName({ metadata }: KubeObject): void {
  if (metadata.name === undefined || metadata.name === '') return;
  metadata.labels ??= {};
  metadata.labels['kubernetes.io/metadata.name'] = metadata.name;
}

function validateStatus({ metadata, status }: KubeObject): StatusCause[] {
  const phase: string = status?.phase ?? '';
  if (!metadata.deletionTimestamp && phase !== 'Active') {
    const text = "may only be 'Active' if `deletionTimestamp` is empty";
    return [fieldInvalid('status.Phase', phase, text)];
  }
  if (metadata.deletionTimestamp && phase !== 'Terminating') {
    const text = "may only be 'Terminating' if `deletionTimestamp` is not empty";
    return [fieldInvalid('status.Phase', phase, text)];
  }
  return [];
}

/**
 * What the first DELETE stores: the namespace controller empties the namespace and finalizes it, with
 * which it goes; later DELETEs wait for `spec.finalizers` to be empty.
 */
function terminatingNamespace(
  old: KubeObject,
  now: Date,
  options: Propagation,
): KubeObject | undefined {
  if (old.metadata.deletionTimestamp != null) {
    return (old.spec?.finalizers ?? []).length === 0 ? undefined : old;
  }
  const metadata = { ...old.metadata, deletionTimestamp: timestamp(now) };
  const finalizers = garbageFinalizers(old.metadata.finalizers ?? [], options);
  if (finalizers.length > 0) metadata.finalizers = finalizers;
  else delete metadata.finalizers;
  return { ...old, metadata, status: { ...old.status, phase: 'Terminating' } };
}

/** Not as for other kinds: who does not want to orphan (of old) waits in the foreground. */
function garbageFinalizers(now: readonly string[], options: Propagation): string[] {
  const { orphanDependents: orphan, propagationPolicy: policy } = options;
  if (orphan === undefined && policy === undefined) return [...now];
  const rest = now.filter((f) => f !== 'orphan' && f !== 'foregroundDeletion');
  if (orphan ?? policy === 'Orphan') return [...rest, 'orphan'];
  return orphan === false || policy === 'Foreground' ? [...rest, 'foregroundDeletion'] : rest;
}

/** PUT namespaces/<name>/finalize changes spec.finalizers and nothing else. */
function prepareFinalize(next: KubeObject, old: KubeObject): void {
  const finalizers: string[] = next.spec?.finalizers ?? [];
  next.spec = { ...old.spec, finalizers };
  if (finalizers.length === 0) delete next.spec.finalizers;
  keepStatus(next, old);
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion'];

function checkFinalizer(errors: Errors, finalizer: string, path: string): void {
  checkFormat(errors, finalizer, path, labelKeyErrors);
  if (finalizer.includes('/') || standardFinalizers.includes(finalizer)) return;
  const text = 'name is neither a standard finalizer name nor is it fully qualified';
  errors.push(fieldInvalid(path, finalizer, text));
}

/** A new namespace's finalizers are reported without an index, as upstream has it. */
function validateNewNamespace({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const finalizer of spec?.finalizers ?? []) {
    checkFinalizer(errors, finalizer, 'spec.finalizers');
  }
  return errors;
}

function validateFinalize({ spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const [i, finalizer] of (spec?.finalizers ?? []).entries()) {
    checkFinalizer(errors, finalizer, `spec.finalizers[${i}]`);
  }
  return errors;
}
