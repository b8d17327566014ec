import { fieldForbidden, fieldInvalid, fieldNotSupported } from '../../../object/field-error.ts';
import { compareQuantities } from '../../../object/quantity.ts';
import type { Errors } from '../field-check.ts';
import { quantityOrUndefined } from './resources-validation.ts';

/** What PersistentVolumes and their claims have in common. */

const shortModes: Record<string, string> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
};

/** `RWO,RWX`, in upstream's order. */
export function accessModesText(modes: readonly string[] | undefined): string {
  return Object.keys(shortModes)
    .filter((mode) => modes?.includes(mode))
    .map((mode) => shortModes[mode])
    .join(',');
}

const supported = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];

/** That there is none is the caller's to refuse. */
export function checkAccessModes(errors: Errors, modes: readonly string[], path: string): void {
  for (const mode of modes) {
    if (!supported.includes(mode)) errors.push(fieldNotSupported(path, mode, supported));
  }
  const others = modes.some((mode) => mode !== 'ReadWriteOncePod' && supported.includes(mode));
  if (modes.includes('ReadWriteOncePod') && others) {
    const why = 'may not use ReadWriteOncePod with other access modes';
    errors.push(fieldForbidden(path, why));
  }
}

export function checkPositiveQuantity(errors: Errors, text: unknown, path: string): void {
  const quantity = quantityOrUndefined(text);
  const zero = quantityOrUndefined('0');
  if (quantity === undefined || zero === undefined || compareQuantities(quantity, zero) > 0) return;
  errors.push(fieldInvalid(path, String(text), 'must be greater than zero'));
}

/** The old annotation counts where it is set (pkg/apis/core/v1/helper). */
export function storageClassText(
  annotations: Record<string, string> | undefined,
  name: unknown,
): string {
  const old = annotations?.['volume.beta.kubernetes.io/storage-class'];
  return old ?? (typeof name === 'string' ? name : '');
}
