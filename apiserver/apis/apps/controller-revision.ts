import { fieldRequired } from '../../../object/field-error.ts';
import { type KubeObject, parseApiVersion } from '../../../object/object.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkImmutable, checkNonNegative, type Errors } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';

export const controllerRevision: KindDefinition = {
  group: 'apps',
  version: 'v1',
  kind: 'ControllerRevision',
  resource: 'controllerrevisions',
  namespaced: true,
  storagePath: 'controllerrevisions',
  generation: false,
  columns: [
    nameColumn,
    textColumn('Controller', controllerText),
    textColumn('Revision', (revision) => revision.revision ?? 0),
    ageColumn,
  ],
  updateChecks: ['changed metadata', 'new metadata', 'rules', 'changes'],
  validate(revision) {
    const errors: Errors = [];
    checkNonNegative(errors, revision.revision, 'revision');
    return errors;
  },
  validateCreate({ data }) {
    if (data === undefined || data === null) return [fieldRequired('data', 'data is mandatory')];
    if (typeof data === 'object' && !Array.isArray(data)) return [];
    return [fieldRequired('data', 'data must be a valid JSON object')];
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.data, old.data, 'data');
    return errors;
  },
};

/** `statefulset.apps/web`. */
function controllerText({ metadata }: KubeObject): string {
  const owner = metadata.ownerReferences?.find((ref) => ref.controller === true);
  if (owner === undefined) return '<none>';
  const group = parseApiVersion(owner.apiVersion)?.group ?? '';
  const kind = owner.kind.toLowerCase();
  return `${group === '' ? kind : `${kind}.${group}`}/${owner.name}`;
}
