import { semanticEqual } from '../../../object/equal.ts';
import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumn, textColumn } from '../column.ts';
import { flowSchemas } from '../../bootstrap/flow-control-policy.ts';
import { checkName, type Errors, keepStatus } from '../field-check.ts';
import { internalForm } from '../internal-form.ts';
import { checkConditions } from './conditions.ts';
import { checkRule } from './schema-rules.ts';
import type { Plain } from '../plain.ts';
import type { KindDefinition } from '../resource.ts';

export const flowSchema: KindDefinition = {
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  kind: 'FlowSchema',
  resource: 'flowschemas',
  namespaced: false,
  storagePath: 'flowschemas',
  generation: true,
  status: {
    keepsMetadata: 'all',
    updateChecks: ['changes'],
    validateUpdate: ({ status }) => checkConditions(status?.conditions ?? []),
  },
  columns: [
    nameColumn,
    textColumn('PriorityLevel', ({ spec }) => spec?.priorityLevelConfiguration?.name ?? ''),
    textColumn('MatchingPrecedence', ({ spec }) => spec?.matchingPrecedence ?? 0),
    textColumn('DistinguisherMethod', ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>'),
    ageColumn,
    textColumn('MissingPL', ({ status }) => {
      const dangling = (status?.conditions ?? []).find((c: Plain) => c.type === 'Dangling');
      return dangling?.status ?? '?';
    }),
  ],
  default(schema) {
    schema.spec ??= {};
    schema.status ??= {};
    schema.spec.matchingPrecedence ||= 1000;
  },
  prepareForCreate(schema) {
    schema.status = {};
  },
  prepareForUpdate: keepStatus,
  updateChecks: ['new metadata', 'rules'],
  validate,
};

function validate({ metadata, spec }: KubeObject): StatusCause[] {
  const errors: Errors = [];
  const precedence: number = spec.matchingPrecedence;
  if (precedence < 1) {
    errors.push(fieldInvalid('spec.matchingPrecedence', precedence, 'must be a positive value'));
  }
  if (precedence > 10_000) {
    const text = 'must not be greater than 10000';
    errors.push(fieldInvalid('spec.matchingPrecedence', precedence, text));
  }
  if (precedence === 1 && metadata.name !== 'exempt') {
    const text = "only the schema named 'exempt' may have matchingPrecedence 1";
    errors.push(fieldInvalid('spec.matchingPrecedence', precedence, text));
  }
  const method = spec.distinguisherMethod;
  if (method !== undefined && !['ByNamespace', 'ByUser'].includes(method.type)) {
    const supported = ['ByNamespace', 'ByUser'];
    // upstream shows the method, by its own name of the field
    const shown = { Type: method.type ?? '' };
    errors.push(fieldNotSupported('spec.distinguisherMethod.type', shown, supported));
  }
  const level = spec.priorityLevelConfiguration?.name;
  const path = 'spec.priorityLevelConfiguration.name';
  if (!level) errors.push(fieldRequired(path, 'must reference a priority level'));
  else checkName(errors, level, path, dns1123SubdomainErrors);
  for (const [i, rule] of (spec.rules ?? []).entries()) checkRule(errors, rule, `spec.rules[${i}]`);
  checkMandatory(errors, metadata.name, spec);
  return errors;
}

/** The two schemas that flow control cannot be without are as they are. */
function checkMandatory(errors: Errors, name: string | undefined, spec: Plain): void {
  if (name !== 'exempt' && name !== 'catch-all') return;
  const fixed = flowSchemas().find(({ metadata }) => metadata.name === name);
  if (fixed === undefined || semanticEqual(fixed['spec'], spec)) return;
  const shown = internalForm('FlowSchemaSpec', spec);
  errors.push(fieldInvalid('spec', shown, `spec of '${name}' must equal the fixed value`));
}
