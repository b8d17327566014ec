import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import {
  dns1123LabelErrors,
  dns1123SubdomainErrors,
  labelKeyErrors,
  labelValueErrors,
} from '../../../object/name.ts';
import { checkFormat, checkName, type Errors } from '../field-check.ts';
import { type Plain, setDefaults } from '../plain.ts';
import { checkSelectors } from './device-config.ts';
import { checkSet } from './bounded-list.ts';

/** Device requests of claims and claim templates (pkg/apis/resource: defaults, validation). */
export function defaultDevices(devices: Plain | undefined): void {
  for (const request of devices?.requests ?? []) {
    const options = [request.exactly, ...(request.firstAvailable ?? [])];
    for (const option of options) {
      if (option === undefined) continue;
      setDefaults(option, { allocationMode: 'ExactCount' });
      if (option.allocationMode === 'ExactCount') option.count ||= 1;
      for (const toleration of option.tolerations ?? [])
        setDefaults(toleration, { operator: 'Equal' });
    }
  }
}

const alternativesMax = 8;

export function checkRequest(errors: Errors, request: Plain, path: string): void {
  checkFormat(errors, request.name ?? '', `${path}.name`, dns1123LabelErrors);
  const { exactly, firstAvailable: alternatives = [] } = request;
  const one = 'exactly one of `exactly` or `firstAvailable` is required';
  if (exactly !== undefined && alternatives.length > 0) {
    errors.push(fieldInvalid(path, null, `${one}, but multiple fields are set`));
  } else if (exactly !== undefined) checkOption(errors, exactly, `${path}.exactly`);
  else if (alternatives.length === 0) errors.push(fieldRequired(path, one));
  else {
    checkSet(errors, alternatives, `${path}.firstAvailable`, {
      max: alternativesMax,
      key: (option: Plain) => option.name ?? '',
      check: (option: Plain, at) => {
        checkFormat(errors, option.name ?? '', `${at}.name`, dns1123LabelErrors);
        checkOption(errors, option, at);
      },
    });
  }
}

function checkOption(errors: Errors, option: Plain, path: string): void {
  checkName(errors, option.deviceClassName, `${path}.deviceClassName`, dns1123SubdomainErrors);
  checkSelectors(errors, option.selectors ?? [], `${path}.selectors`);
  const { allocationMode: mode = '', count = 0 } = option;
  if (mode === 'All' && count !== 0) {
    const text = "must not be specified when allocationMode is 'All'";
    errors.push(fieldInvalid(`${path}.count`, count, text));
  } else if (mode === 'ExactCount' && count <= 0) {
    errors.push(fieldInvalid(`${path}.count`, count, 'must be greater than zero'));
  } else if (mode !== 'All' && mode !== 'ExactCount') {
    errors.push(fieldNotSupported(`${path}.allocationMode`, mode, ['All', 'ExactCount']));
  }
  for (const [i, toleration] of (option.tolerations ?? []).entries()) {
    checkToleration(errors, toleration, `${path}.tolerations[${i}]`);
  }
}

/** In upstream's order. */
export const taintEffects = ['NoExecute', 'NoSchedule', 'None'];

export function checkToleration(errors: Errors, toleration: Plain, path: string): void {
  const { key = '', operator = '', value = '', effect = '' } = toleration;
  if (key !== '') checkFormat(errors, key, `${path}.key`, labelKeyErrors);
  if (operator === 'Exists') {
    if (value !== '') {
      errors.push(fieldInvalid(`${path}.value`, value, 'must be empty for operator `Exists`'));
    }
  } else if (operator === 'Equal') {
    checkFormat(errors, value, `${path}.value`, labelValueErrors);
  } else if (operator === '') errors.push(fieldRequired(`${path}.operator`));
  else errors.push(fieldNotSupported(`${path}.operator`, operator, ['Equal', 'Exists']));
  if (effect !== '' && !taintEffects.includes(effect)) {
    errors.push(fieldNotSupported(`${path}.effect`, effect, taintEffects));
  }
}
