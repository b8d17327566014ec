import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import type { Errors } from '../field-check.ts';
import { readJsonObject } from './embedded-json.ts';

/** What each well-known type of Secret must hold (core validation ValidateSecret). */

const hidden = '<secret contents redacted>';

export function checkSecretType(errors: Errors, secret: KubeObject): void {
  const data: Record<string, string> = secret.data ?? {};
  switch (secret.type) {
    case 'kubernetes.io/service-account-token': {
      const key = 'kubernetes.io/service-account.name';
      if (!secret.metadata.annotations?.[key]) {
        errors.push(fieldRequired(`metadata.annotations[${key}]`));
      }
      return;
    }
    case 'kubernetes.io/dockercfg':
      checkJson(errors, data, '.dockercfg');
      return;
    case 'kubernetes.io/dockerconfigjson':
      checkJson(errors, data, '.dockerconfigjson');
      return;
    case 'kubernetes.io/basic-auth':
      if (data.username === undefined && data.password === undefined) {
        errors.push(fieldRequired('data[username]'), fieldRequired('data[password]'));
      }
      return;
    case 'kubernetes.io/ssh-auth':
      if (!data['ssh-privatekey']) errors.push(fieldRequired('data[ssh-privatekey]'));
      return;
    case 'kubernetes.io/tls':
      for (const key of ['tls.crt', 'tls.key']) {
        if (data[key] === undefined) errors.push(fieldRequired(`data[${key}]`));
      }
      return;
    default:
  }
}

function checkJson(errors: Errors, data: Record<string, string>, key: string): void {
  const value = data[key];
  if (value === undefined) {
    errors.push(fieldRequired(`data[${key}]`));
    return;
  }
  const text = Buffer.from(value, 'base64').toString();
  const content = readJsonObject(text, 'map[string]interface {}');
  if (typeof content === 'string') errors.push(fieldInvalid(`data[${key}]`, hidden, content));
}
