import { fieldInvalid } from '../../object/field-error.ts';
import { type KubeObject, parseApiVersion } from '../../object/object.ts';
import { internalError, invalid, type StatusCause } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import { conversionRefusal, interpretError } from './decode.ts';

/**
 * A merge or JSON patch may say what the object is. Upstream decodes the result as if it had been
 * sent (endpoints/handlers/patch.go), so another kind is refused; a strategic merge patch goes into
 * the Go type and cannot change it.
 */

/**
 * Why what a merge or JSON patch made cannot be decoded as the resource's kind; `text` is its JSON.
 * @throws StatusError 500 for a custom object without apiVersion
 */
export function patchedKindRefusal(
  resource: Resource,
  next: KubeObject,
  text: () => string,
): string | undefined {
  // nearly every patch
  if (next.apiVersion === resource.apiVersion && next.kind === resource.kind) return undefined;
  const why = interpretError(next);
  if (why !== undefined) return `couldn't get version/kind; json parse error: ${why}`;
  const sent = { apiVersion: next.apiVersion as string | null | undefined, kind: next.kind };
  const gv = parseApiVersion(sent.apiVersion ?? '');
  if (gv === undefined) return `unexpected GroupVersion string: ${sent.apiVersion}`;
  if (resource.custom === undefined) {
    const named = sent.apiVersion == null || sent.apiVersion === '' ? resource : gv;
    return conversionRefusal(resource, { ...resource, ...named, kind: sent.kind || resource.kind });
  }
  // oxlint-disable-next-line no-unnecessary-condition -- a patch may have made it null
  if ((sent.kind ?? '') === '') return `Object 'Kind' is missing in '${text()}'`;
  if (sent.apiVersion === null) {
    return '.apiVersion accessor error: <nil> is of the type <nil>, expected string';
  }
  if (sent.apiVersion === undefined || sent.apiVersion === '') {
    throw internalError("Object 'apiVersion' is missing in 'object has no apiVersion field'");
  }
  return undefined;
}

/** Custom objects of another kind decode, and are refused as invalid (apiextensions' strategy). */
export function checkCustomKind(resource: Resource, next: KubeObject): void {
  const { apiVersion, kind, metadata } = next;
  const causes: StatusCause[] = [];
  if (kind !== resource.kind) causes.push(fieldInvalid('kind', kind, `must be ${resource.kind}`));
  if (apiVersion !== resource.apiVersion) {
    causes.push(fieldInvalid('apiVersion', apiVersion, `must be ${resource.apiVersion}`));
  }
  if (causes.length === 0) return;
  const group = parseApiVersion(apiVersion)?.group ?? '';
  throw invalid({ group, kind }, metadata.name ?? '', causes);
}
