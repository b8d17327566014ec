import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeObject, acceptable } from '../response/encode.ts';
import { decode } from './decode.ts';
import { applyObjectDefaults } from './defaults.ts';
import type { Services } from './services.ts';
import { writeOptions } from './write-options.ts';

/** Answers a create-only kind: the object sent, with its status. Nothing is stored. */
export type Evaluate = (
  review: KubeObject,
  context: RequestContext,
) => Promise<KubeObject> | KubeObject;

/** POST on TokenReview, SubjectAccessReview and their like. */
export function review(
  evaluate: Evaluate,
): (context: RequestContext, resource: Resource, services: Services) => Promise<void> {
  return async (context, resource) => {
    const options = writeOptions(context, 'CreateOptions');
    const sent = await decode(context, resource, options.fieldValidation);
    applyObjectDefaults(resource, sent);
    const made = await evaluate(sent, context);
    context.responseObject = made;
    context.answer = encodeObject(context, resource, made, acceptable(context, resource), 201);
  };
}
