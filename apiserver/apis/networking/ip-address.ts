import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { canonicalIp, ipErrors } from '../ip-format.ts';
import { nameColumn, textColumn } from '../column.ts';
import type { KubeObject } from '../../../object/object.ts';
import { checkImmutable, type Errors } from '../field-check.ts';
import type { KindDefinition } from '../resource.ts';

export const ipAddress: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IPAddress',
  resource: 'ipaddresses',
  namespaced: false,
  shortNames: ['ip'],
  storagePath: 'ipaddresses',
  nameRule: 'path-segment',
  generation: false,
  columns: [nameColumn, textColumn('ParentRef', parentText)],
  validate({ metadata, spec }) {
    const errors: Errors = [];
    const name = metadata.name ?? '';
    if (ipErrors(name).length > 0 || canonicalIp(name) !== name) {
      const text =
        'must be a valid IP address in canonical form, (e.g. 10.9.8.7 or 2001:db8::ffff)';
      errors.push(fieldInvalid('metadata.name', name, text));
    }
    const parent = spec?.parentRef;
    if (parent === undefined) {
      errors.push(fieldRequired('spec.parentRef', 'must be set'));
      return errors;
    }
    for (const field of ['resource', 'name']) {
      if (!parent[field]) errors.push(fieldRequired(`spec.parentRef.${field}`));
    }
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.spec?.parentRef, old.spec?.parentRef, 'spec.parentRef');
    return errors;
  },
};

/** `services/default/kubernetes`. */
function parentText({ spec }: KubeObject): string {
  const parent = spec?.parentRef;
  if (parent === undefined) return '<none>';
  const { group, resource = '', namespace, name = '' } = parent;
  const kind = (group ? `${resource}.${group}` : resource).toLowerCase();
  return [kind, namespace, name].filter(Boolean).join('/');
}
