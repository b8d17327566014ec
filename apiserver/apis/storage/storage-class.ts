import { fieldDuplicate, fieldForbidden, fieldRequired } from '../../../object/field-error.ts';
import { semanticEqual } from '../../../object/equal.ts';
import { labelKeyErrors } from '../../../object/name.ts';
import { labelWarning } from '../core/pod-placement-warnings.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { StatusCause } from '../../../object/status-error.ts';
import { ageColumn, nameColumnOf, textColumn } from '../column.ts';
import {
  checkFormat,
  checkImmutable,
  checkName,
  checkOneOf,
  checkOptionalOneOf,
  type Errors,
} from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import { checkParameters } from './parameters.ts';
import type { KindDefinition } from '../resource.ts';

export const storageClass: KindDefinition = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'StorageClass',
  resource: 'storageclasses',
  namespaced: false,
  shortNames: ['sc'],
  storagePath: 'storageclasses',
  generation: false,
  columns: [
    nameColumnOf(nameText),
    textColumn('Provisioner', (storage) => storage.provisioner ?? ''),
    textColumn('ReclaimPolicy', (storage) => storage.reclaimPolicy ?? 'Delete'),
    textColumn('VolumeBindingMode', (storage) => storage.volumeBindingMode ?? 'Immediate'),
    textColumn('AllowVolumeExpansion', (storage) => storage.allowVolumeExpansion ?? false),
    ageColumn,
  ],
  default: (storage) =>
    setDefaults(storage, { reclaimPolicy: 'Delete', volumeBindingMode: 'Immediate' }),
  updateChecks: ['new metadata', 'rules', 'changed metadata', 'changes'],
  validate,
  validateUpdate,
  warnings: ({ allowedTopologies }) => topologyWarnings(allowedTopologies ?? []),
};

function nameText({ metadata }: KubeObject): string {
  const name = metadata.name ?? '';
  const { annotations = {} } = metadata;
  const marks = [
    'storageclass.kubernetes.io/is-default-class',
    'storageclass.beta.kubernetes.io/is-default-class',
  ];
  return marks.some((mark) => annotations[mark] === 'true') ? `${name} (default)` : name;
}

function validate(storage: KubeObject): StatusCause[] {
  const errors: Errors = [];
  checkName(errors, storage.provisioner?.toLowerCase(), 'provisioner', labelKeyErrors);
  checkParameters(errors, storage.parameters);
  if (storage.reclaimPolicy) {
    checkOneOf(errors, storage.reclaimPolicy, 'reclaimPolicy', ['Delete', 'Retain']);
  }
  const modes = ['Immediate', 'WaitForFirstConsumer'];
  checkOptionalOneOf(errors, storage.volumeBindingMode, 'volumeBindingMode', modes);
  checkTopologies(errors, storage.allowedTopologies ?? []);
  return errors;
}

function topologyWarnings(terms: Plain[]): string[] {
  return terms.flatMap(({ matchLabelExpressions: expressions = [] }, i) =>
    expressions.flatMap(({ key = '' }: Plain, j: number) =>
      labelWarning(key, `allowedTopologies[${i}].matchLabelExpressions[${j}].key`),
    ),
  );
}

function checkTopologies(errors: Errors, terms: Plain[]): void {
  const path = 'allowedTopologies';
  // upstream compares with as many empty terms as there are terms, before those that it has seen
  const before: Plain[] = terms.map(() => ({}));
  for (const [i, term] of terms.entries()) {
    const at = `${path}[${i}].matchLabelExpressions`;
    const values = checkTerm(errors, term.matchLabelExpressions ?? [], at);
    const same = before.filter((other) => semanticEqual(other, values));
    errors.push(...same.map(() => fieldDuplicate(at, '')));
    before.push(values);
  }
}

/** What the term says of each label, in an order of its own. */
function checkTerm(errors: Errors, expressions: Plain[], path: string): Plain {
  const said: Plain = {};
  for (const [i, { key = '', values: given }] of expressions.entries()) {
    const values: string[] = given ?? [];
    const at = `${path}[${i}]`;
    if (values.length === 0) errors.push(fieldRequired(`${at}.values`));
    for (const [j, value] of values.entries()) {
      if (values.indexOf(value) < j) errors.push(fieldDuplicate(`${at}.values[${j}]`, value));
    }
    checkFormat(errors, key, `${at}.key`, labelKeyErrors);
    if (Object.hasOwn(said, key)) errors.push(fieldDuplicate(`${at}.key`, key));
    said[key] = [...new Set<string>(values)].sort();
  }
  return said;
}

function validateUpdate(next: KubeObject, old: KubeObject): StatusCause[] {
  const errors: Errors = [];
  for (const field of ['parameters', 'provisioner', 'reclaimPolicy']) {
    if (semanticEqual(next[field], old[field])) continue;
    errors.push(fieldForbidden(field, `updates to ${field} are forbidden.`));
  }
  checkImmutable(errors, next.volumeBindingMode, old.volumeBindingMode, 'volumeBindingMode');
  return errors;
}
