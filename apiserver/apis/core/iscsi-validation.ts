import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { checkRange, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** iSCSI targets and initiators, by RFC 3721 names (core validation, validateISCSIVolumeSource). */

/** What an initiator may be told as its target. */
export const iscsiNameMessage =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.';

const forms: Record<string, RegExp> = {
  iqn: /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[a-zA-Z0-9]{16}$/,
  naa: /^naa.[a-zA-Z0-9]{32}$/,
};

/** `volumeName`: of a PersistentVolume; undefined for a pod's volume, which has checks of its own. */
export function checkIscsi(errors: Errors, value: Plain, path: string, volumeName?: string): void {
  const { targetPortal = '', iqn = '', initiatorName: initiator, secretRef } = value;
  const persistent = volumeName !== undefined;
  if (targetPortal === '') errors.push(fieldRequired(`${path}.targetPortal`));
  if (persistent && initiator !== undefined && `${volumeName}:${targetPortal}`.length > 64) {
    errors.push(fieldInvalid(`${path}.targetportal`, targetPortal, iscsiNameMessage));
  }
  const unknown = persistent
    ? 'must be valid format'
    : 'must be valid format starting with iqn, eui, or naa';
  if (iqn === '') errors.push(fieldRequired(`${path}.iqn`));
  else checkForm(errors, iqn, `${path}.iqn`, unknown);
  checkRange(errors, value.lun ?? 0, `${path}.lun`, [0, 255]);
  const authenticated = value.chapAuthDiscovery === true || value.chapAuthSession === true;
  if (authenticated && secretRef === undefined) errors.push(fieldRequired(`${path}.secretRef`));
  if (persistent && secretRef !== undefined && !secretRef.name) {
    errors.push(fieldRequired(`${path}.secretRef.name`));
  }
  if (initiator !== undefined) checkForm(errors, initiator, `${path}.initiatorname`, unknown);
}

function checkForm(errors: Errors, name: string, path: string, unknown: string): void {
  const form = forms[name.slice(0, 3)];
  if (form === undefined) errors.push(fieldInvalid(path, name, unknown));
  else if (!form.test(name)) errors.push(fieldInvalid(path, name, 'must be valid format'));
}
