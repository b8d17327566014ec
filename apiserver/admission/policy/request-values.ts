import { requestSchema } from '../../../cel/admission-schema.ts';
import { Authorizer } from '../../../cel/authorizer-library.ts';
import { toCel } from '../../../cel/value.ts';
import type { AdmissionRequest } from '../plugin.ts';
import { type ReviewedObjects, requestFields } from '../webhook/review.ts';
import type { RequestAccess } from './access.ts';

/**
 * The variables of expressions about one request, in the version that was matched. Each is made when
 * an expression first names it: most name one or two.
 */
export function requestValues(
  request: AdmissionRequest,
  sent: ReviewedObjects,
  access: RequestAccess,
): object {
  const values = { namespaceObject: null, params: null };
  lazy(values, 'object', () => toCel(sent.object, undefined));
  lazy(values, 'oldObject', () => toCel(sent.oldObject, undefined));
  lazy(values, 'request', () => toCel(requestFields(request, sent), requestSchema));
  lazy(values, 'authorizer', () => {
    const { resource, subresource, namespace, name, user } = request;
    const { group, resource: plural } = resource;
    const about = { group, resource: plural, subresource, namespace, name };
    return new Authorizer(access.of(user), about);
  });
  return values;
}

function lazy(target: object, name: string, make: () => unknown): void {
  let made: { value: unknown } | undefined;
  Object.defineProperty(target, name, { get: () => (made ??= { value: make() }).value });
}
