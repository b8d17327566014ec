import { urlReferenceError } from '../../../cel/url-library.ts';
import { fieldInvalid, fieldRequired } from '../../../object/field-error.ts';
import { dns1123SubdomainErrors } from '../../../object/name.ts';
import type { Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** Where a webhook is: of admission and of conversion (k8s.io/apiserver util/webhook validation). */
export function checkWebhookClient(errors: Errors, client: Plain, path: string): void {
  if ((client.url === undefined) === (client.service === undefined)) {
    errors.push(fieldRequired(path, 'exactly one of url or service is required'));
  } else if (client.url !== undefined) checkUrl(errors, client.url, `${path}.url`);
  else checkService(errors, client.service, `${path}.service`);
}

function checkService(errors: Errors, service: Plain, path: string): void {
  // upstream mixes the two up: each is missed under the other's name
  if (!service.namespace) errors.push(fieldRequired(`${path}.name`));
  if (!service.name) errors.push(fieldRequired(`${path}.namespace`));
  const port: number = service.port ?? 443;
  if (port < 1 || port > 65535) {
    const text = 'port is not valid: must be between 1 and 65535, inclusive';
    errors.push(fieldInvalid(`${path}.port`, port, text));
  }
  checkServicePath(errors, service.path ?? '', `${path}.path`);
}

function checkServicePath(errors: Errors, text: string, path: string): void {
  if (text === '' || text === '/') return;
  const wrong = (why: string): unknown => errors.push(fieldInvalid(path, text, why));
  if (text === '//') {
    wrong('segment[0] may not be empty');
    return;
  }
  if (!text.startsWith('/')) wrong("must start with a '/'");
  const steps = text.slice(1).replace(/\/$/, '').split('/');
  for (const [i, step] of steps.entries()) {
    if (step === '') wrong(`segment[${i}] may not be empty`);
    else for (const message of dns1123SubdomainErrors(step)) wrong(`segment[${i}]: ${message}`);
  }
}

const form = '; desired format: https://host[/path]';

function checkUrl(errors: Errors, text: string, path: string): void {
  const problem = urlReferenceError(text);
  const parts =
    /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/(?:([^/?#]*)@)?([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/.exec(
      text,
    );
  if (problem !== undefined || parts === null) {
    errors.push(fieldRequired(path, `url must be a valid URL: ${problem}${form}`));
    return;
  }
  const [, scheme = '', user, host = '', query = '', fragment = ''] = parts;
  const problems: [wrong: boolean, shown: string, why: string][] = [
    [scheme.toLowerCase() !== 'https', scheme, `'https' is the only allowed URL scheme${form}`],
    [host === '', host, `host must be specified${form}`],
    [user !== undefined, user ?? '', 'user information is not permitted in the URL'],
    [fragment !== '', fragment, 'fragments are not permitted in the URL'],
    [query !== '', query, 'query parameters are not permitted in the URL'],
  ];
  for (const [wrong, shown, why] of problems) {
    if (wrong) errors.push(fieldInvalid(path, shown, why));
  }
}
