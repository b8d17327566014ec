import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkImmutable, checkOneOf, type Errors } from '../field-check.ts';
import { setTextDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const ingressClass: KindDefinition = {
  group: 'networking.k8s.io',
  version: 'v1',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  namespaced: false,
  storagePath: 'ingressclasses',
  generation: true,
  columns: [
    nameColumn,
    textColumn('Controller', ({ spec }) => spec?.controller ?? ''),
    textColumn('Parameters', ({ spec }) => {
      const parameters = spec?.parameters;
      if (parameters === undefined) return '<none>';
      const { apiGroup, kind, name } = parameters;
      return `${apiGroup ? `${kind}.${apiGroup}` : kind}/${name}`;
    }),
    ageColumn,
  ],
  default({ spec }) {
    if (spec?.parameters !== undefined) setTextDefaults(spec.parameters, { scope: 'Cluster' });
  },
  validate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.spec?.controller, old.spec?.controller, 'spec.controller');
    return errors;
  },
};

function validate({ spec = {} }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const controller: string = spec.controller ?? '';
  if (controller === '') errors.push(fieldRequired('spec.controller'));
  else if (controller.length > 250) {
    errors.push(fieldInvalid('spec.controller', controller, 'must be no more than 250 bytes'));
  } else if (!/^[^/]+\/.+$/.test(controller)) {
    const text = 'must be a domain-prefixed path (such as "acme.io/foo")';
    errors.push(fieldInvalid('spec.controller', controller, text));
  }
  const { parameters } = spec;
  if (parameters === undefined) return errors;
  for (const field of ['kind', 'name']) {
    if (!parameters[field]) errors.push(fieldRequired(`spec.parameters.${field}`));
  }
  checkOneOf(errors, parameters.scope, 'spec.parameters.scope', ['Cluster', 'Namespace']);
  if (parameters.scope === 'Namespace' && !parameters.namespace) {
    const text = "`parameters.scope` is set to 'Namespace'";
    errors.push(fieldRequired('spec.parameters.namespace', text));
  }
  if (parameters.scope === 'Cluster' && parameters.namespace !== undefined) {
    const why = "`parameters.scope` is set to 'Cluster'";
    errors.push(fieldForbidden('spec.parameters.namespace', why));
  }
  return errors;
}
