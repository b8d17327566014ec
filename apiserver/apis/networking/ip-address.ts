import { fieldRequired } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors, pathSegmentErrors } from '../../../object/name.ts';
import { strictIpErrors } from '../ip-format.ts';
import { nameColumn, textColumn } from '../column.ts';
import type { KubeObject } from '../../../object/object.ts';
import { checkFormat, checkName, type Errors } from '../field-check.ts';
import { checkImmutableStruct } from '../internal-form.ts';
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
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validate({ metadata, spec }) {
    const errors: Errors = [];
    if (metadata.name) checkFormat(errors, metadata.name, 'metadata.name', strictIpErrors);
    const parent = spec?.parentRef;
    if (parent === undefined) {
      errors.push(fieldRequired('spec.parentRef'));
      return errors;
    }
    const path = 'spec.parentRef';
    if (parent.group) checkFormat(errors, parent.group, `${path}.group`, dns1123SubdomainErrors);
    checkName(errors, parent.resource, `${path}.resource`, pathSegmentErrors);
    checkName(errors, parent.name, `${path}.name`, pathSegmentErrors);
    if (parent.namespace) {
      checkFormat(errors, parent.namespace, `${path}.namespace`, pathSegmentErrors);
    }
    return errors;
  },
  validateUpdate(next, old) {
    const errors: Errors = [];
    const [now, before] = [next.spec?.parentRef, old.spec?.parentRef];
    checkImmutableStruct(errors, now, before, 'spec.parentRef', 'ParentReference');
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
