import {
  fieldForbidden,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
  fieldTooLong,
} from '../../../object/field-error.ts';
import {
  byteLength,
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  patternError,
} from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { checkFormat, checkImmutable, type Errors } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';
import { checkTypedReference } from './ingress-validation.ts';

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
    if (spec?.parameters !== undefined) setDefaults(spec.parameters, { scope: 'Cluster' });
  },
  updateChecks: ['changed metadata', 'changes', 'new metadata', 'rules'],
  validate,
  validateUpdate(next, old) {
    const errors: Errors = [];
    checkImmutable(errors, next.spec?.controller, old.spec?.controller, 'spec.controller');
    return errors;
  },
};

const controllerBytesMax = 250;
const pathForm = "[A-Za-z0-9/\\-._~%!$&'()*+,;=:]+";
const pathPattern = new RegExp(`^${pathForm}$`);

function validate({ spec = {} }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkController(errors, spec.controller ?? '');
  if (spec.parameters !== undefined) checkParameters(errors, spec.parameters);
  return errors;
}

function checkController(errors: Errors, controller: string): void {
  const path = 'spec.controller';
  if (controller === '') {
    errors.push(fieldRequired(path));
    return;
  }
  if (byteLength(controller) > controllerBytesMax) {
    errors.push(fieldTooLong(path, controllerBytesMax));
  }
  const slash = controller.indexOf('/');
  if (slash <= 0 || slash === controller.length - 1) {
    const text = 'must be a domain-prefixed path (such as "acme.io/foo")';
    errors.push(fieldInvalid(path, controller, text));
    return;
  }
  const [domain, rest] = [controller.slice(0, slash), controller.slice(slash + 1)];
  checkFormat(errors, domain, path, dns1123SubdomainErrors);
  if (!pathPattern.test(rest)) {
    errors.push(fieldInvalid(path, rest, patternError('Invalid path', pathForm)));
  }
}

function checkParameters(errors: Errors, parameters: Plain): void {
  const path = 'spec.parameters';
  const { scope, namespace } = parameters;
  checkTypedReference(errors, parameters, path);
  if (scope === 'Namespace') {
    if (namespace === undefined) {
      const text = "`parameters.scope` is set to 'Namespace'";
      errors.push(fieldRequired(`${path}.namespace`, text));
    } else checkFormat(errors, namespace, `${path}.namespace`, dns1123LabelErrors);
  } else if (scope === 'Cluster') {
    if (namespace === undefined) return;
    errors.push(fieldForbidden(`${path}.namespace`, "`parameters.scope` is set to 'Cluster'"));
  } else errors.push(fieldNotSupported(`${path}.scope`, scope, ['Cluster', 'Namespace']));
}
