import { fieldForbidden, fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1123LabelErrors, dns1123SubdomainErrors } from '../../../object/name.ts';
import { checkName, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';
import { configKeyErrors } from './config-data.ts';

/**
 * Where a kubelet once took its configuration from: nothing reads it, and what is stored is still
 * checked (core validation, validateNodeConfigSourceSpec and validateNodeConfigStatus).
 */
export function checkNodeConfig(errors: Errors, spec: Plain, status: Plain): void {
  if (spec.configSource !== undefined) {
    checkSource(errors, spec.configSource, 'spec.configSource', (configMap, path) => {
      for (const field of ['uid', 'resourceVersion']) {
        if (!configMap[field]) continue;
        errors.push(fieldForbidden(`${path}.${field}`, `${field} must not be set in spec`));
      }
    });
  }
  for (const field of ['assigned', 'active', 'lastKnownGood']) {
    const source: Plain | undefined = status.config?.[field];
    if (source === undefined) continue;
    checkSource(errors, source, `status.config.${field}`, (configMap, path) => {
      for (const name of ['uid', 'resourceVersion']) {
        if (!configMap[name]) errors.push(fieldRequired(`${path}.${name}`));
      }
    });
  }
}

function checkSource(
  errors: Errors,
  { configMap }: Plain,
  path: string,
  checkVersion: (configMap: Plain, path: string) => void,
): void {
  if (configMap === undefined) {
    const text = 'exactly one reference subfield must be non-nil';
    errors.push(fieldInvalid(path, { ConfigMap: null }, text));
    return;
  }
  const at = `${path}.configMap`;
  checkVersion(configMap, at);
  checkName(errors, configMap.namespace, `${at}.namespace`, dns1123LabelErrors);
  checkName(errors, configMap.name, `${at}.name`, dns1123SubdomainErrors);
  checkName(errors, configMap.kubeletConfigKey, `${at}.kubeletConfigKey`, configKeyErrors);
}
