import { semanticEqual } from '../../../object/equal.ts';
import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import { validateAnnotations } from '../../validation/metadata.ts';
import { checkFormat, checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { checkLabelSelector, checkLabels, selectorIsWrong } from '../selector-validation.ts';
import { checkAccessModes, checkPositiveQuantity } from './access-modes.ts';
import { isNegative } from './resources-validation.ts';

/**
 * What a claim asks for (core validation, ValidatePersistentVolumeClaimSpec). `old`: what it asked for
 * before, of which a selector and an API group that would be refused today may stay.
 */
export function checkClaimSpec(errors: Errors, spec: Plain, path: string, old?: Plain): void {
  const modes: string[] = spec.accessModes ?? [];
  if (modes.length === 0) {
    errors.push(fieldRequired(`${path}.accessModes`, 'at least 1 access mode is required'));
  }
  const anyValue = selectorIsWrong(old?.selector);
  checkLabelSelector(errors, spec.selector, `${path}.selector`, { anyValue });
  checkAccessModes(errors, modes, `${path}.accessModes`);
  const storage = spec.resources?.requests?.storage;
  const at = `${path}.resources[storage]`;
  if (storage === undefined) errors.push(fieldRequired(at));
  else checkPositiveQuantity(errors, storage, at);
  if (spec.storageClassName) {
    checkFormat(errors, spec.storageClassName, `${path}.storageClassName`, dns1123SubdomainErrors);
  }
  checkOptionalOneOf(errors, spec.volumeMode, `${path}.volumeMode`, ['Block', 'Filesystem']);
  checkDataSources(errors, spec, path, old);
  if (spec.volumeAttributesClassName) {
    const name: string = spec.volumeAttributesClassName;
    checkFormat(errors, name, `${path}.volumeAttributesClassName`, dns1123SubdomainErrors);
  }
}

function checkDataSources(errors: Errors, spec: Plain, path: string, old: Plain | undefined): void {
  const { dataSource, dataSourceRef } = spec;
  const anyGroup = [old?.dataSource, old?.dataSourceRef].some((s) => s?.apiGroup !== undefined);
  if (dataSource !== undefined) checkDataSource(errors, dataSource, `${path}.dataSource`, anyGroup);
  if (dataSourceRef !== undefined) {
    const at = `${path}.dataSourceRef`;
    checkDataSource(errors, dataSourceRef, at, anyGroup);
    if (dataSourceRef.namespace) {
      checkFormat(errors, dataSourceRef.namespace, `${at}.namespace`, dns1123LabelErrors);
    }
  }
  if (dataSource === undefined || dataSourceRef === undefined) return;
  const { namespace, ...ref } = dataSourceRef;
  if (namespace) {
    const text = 'may not be specified when dataSourceRef.namespace is specified';
    errors.push(fieldInvalid(path, {}, text));
  } else if (!semanticEqual(dataSource, ref)) {
    errors.push(fieldInvalid(path, {}, 'must match dataSourceRef'));
  }
}

function checkDataSource(errors: Errors, source: Plain, path: string, anyGroup: boolean): void {
  const { name = '', kind = '', apiGroup = '' } = source;
  if (name === '') errors.push(fieldRequired(`${path}.name`));
  if (kind === '') errors.push(fieldRequired(`${path}.kind`));
  if (!apiGroup && kind !== 'PersistentVolumeClaim') {
    const text = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
    errors.push(fieldInvalid(path, kind, text));
  }
  if (apiGroup && !anyGroup)
    checkFormat(errors, apiGroup, `${path}.apiGroup`, dns1123SubdomainErrors);
}

/** A claim made with the pod: labels and annotations are all the metadata it may have. */
export function checkClaimTemplate(
  errors: Errors,
  template: Plain | null | undefined,
  path: string,
): void {
  if (template === undefined || template === null) {
    errors.push(fieldRequired(path));
    return;
  }
  const { annotations = {}, labels, ...rest } = template.metadata ?? {};
  validateAnnotations(errors, annotations, `${path}.metadata.annotations`);
  checkLabels(errors, labels, `${path}.metadata.labels`);
  for (const [field, value] of Object.entries(rest)) {
    if (value === null || value === '') continue;
    errors.push(fieldForbidden(`${path}.metadata.${field}`, 'cannot be set'));
  }
  checkClaimSpec(errors, template.spec ?? {}, `${path}.spec`);
}

/** Amounts in a status, which may be zero. */
export function checkBasicAmounts(
  errors: Errors,
  amounts: Record<string, string> | undefined,
  path: string,
): void {
  for (const [name, amount] of Object.entries(amounts ?? {})) {
    if (!isNegative(amount)) continue;
    const text = 'must be a valid resource quantity';
    errors.push(fieldInvalid(`${path}[${name}]`, amount, text));
  }
}
