import {
  fieldDuplicate,
  fieldInvalid,
  fieldNotSupported,
  fieldRequired,
} from '../../../object/field-error.ts';
import { pathSegmentErrors } from '../../../object/name.ts';
import { checkFormat, checkOptionalOneOf, type Errors } from '../field-check.ts';
import type { Plain } from '../plain.ts';

/** What a webhook or a policy matches (admissionregistration validation validateRule). */

const operations = ['*', 'CONNECT', 'CREATE', 'DELETE', 'UPDATE'];
const scopes = ['*', 'Cluster', 'Namespaced'];

export function checkRule(errors: Errors, rule: Plain, path: string): void {
  const asked: string[] = rule.operations ?? [];
  if (asked.length === 0) errors.push(fieldRequired(`${path}.operations`));
  if (asked.includes('*') && asked.length > 1) {
    errors.push(
      fieldInvalid(
        `${path}.operations`,
        asked,
        "if '*' is present, must not specify other operations",
      ),
    );
  }
  for (const [i, operation] of asked.entries()) {
    if (operations.includes(operation)) continue;
    errors.push(fieldNotSupported(`${path}.operations[${i}]`, operation, operations));
  }
  checkList(errors, rule.apiGroups, `${path}.apiGroups`, 'groups');
  checkList(errors, rule.apiVersions, `${path}.apiVersions`, 'versions');
  checkResources(errors, rule.resources ?? [], `${path}.resources`);
  checkOptionalOneOf(errors, rule.scope, `${path}.scope`, scopes);
}

/** Of a policy: the objects may be named. */
export function checkNamedRule(errors: Errors, rule: Plain, path: string): void {
  const names: string[] = rule.resourceNames ?? [];
  for (const [i, name] of names.entries()) {
    const at = `${path}.resourceNames[${i}]`;
    checkFormat(errors, name, at, pathSegmentErrors);
    if (names.indexOf(name) < i) errors.push(fieldDuplicate(at, name));
  }
  checkRule(errors, rule, path);
}

function checkList(errors: Errors, list: string[] | undefined, path: string, what: string): void {
  if (list === undefined || list.length === 0) {
    errors.push(fieldRequired(path));
    return;
  }
  if (list.includes('*') && list.length > 1) {
    const text = `if '*' is present, must not specify other API ${what}`;
    errors.push(fieldInvalid(path, list, text));
  }
  if (what === 'versions') {
    for (const [i, version] of list.entries()) {
      if (version === '') errors.push(fieldRequired(`${path}[${i}]`));
    }
  }
}

function checkResources(errors: Errors, resources: string[], path: string): void {
  if (resources.length === 0) errors.push(fieldRequired(path));
  const parents = new Set<string>();
  const children = new Set<string>();
  for (const [i, resource] of resources.entries()) {
    if (resource === '') {
      errors.push(fieldRequired(`${path}[${i}]`));
      continue;
    }
    const slash = resource.indexOf('/');
    if (slash < 0) continue;
    const [parent, child] = [resource.slice(0, slash), resource.slice(slash + 1)];
    const covered = [
      ...(parents.has(parent) ? [`${parent}/*`] : []),
      ...(children.has(child) ? [`*/${child}`] : []),
    ];
    for (const all of covered) {
      const text = `if '${all}' is present, must not specify ${resource}`;
      errors.push(fieldInvalid(`${path}[${i}]`, resource, text));
    }
    if (child === '*') parents.add(parent);
    if (parent === '*') children.add(child);
  }
  if (resources.includes('*/*') && resources.length > 1) {
    const text = "if '*/*' is present, must not specify other resources";
    errors.push(fieldInvalid(path, resources, text));
  }
  // upstream looks at the last one without a subresource only
  const last = resources.findLast((resource) => resource !== '' && !resource.includes('/'));
  if (resources.includes('*') && last !== '*') {
    const text = "if '*' is present, must not specify other resources without subresources";
    errors.push(fieldInvalid(path, resources, text));
  }
}
