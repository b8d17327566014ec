import type { KubeObject } from '../../object/object.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeObject, acceptable } from '../response/encode.ts';
import { admissionRequest } from './admit.ts';
import { decode } from './decode.ts';
import { applyObjectDefaults } from '../apis/object-defaults.ts';
import { matchUrl } from './identity.ts';
import type { Services } from './services.ts';
import { writeOptions } from './write-options.ts';

/** Answers a create-only kind: the object sent, with its status. Nothing is stored. */
export type Evaluate = (
  review: KubeObject,
  context: RequestContext,
  /** What admission has to say of the object that validation let through. */
  admit: () => Promise<void>,
) => Promise<KubeObject> | KubeObject;

/** POST on TokenReview, SubjectAccessReview and their like. */
export function review(
  evaluate: Evaluate,
): (context: RequestContext, resource: Resource, services: Services) => Promise<void> {
  return async (context, resource, services) => {
    const options = writeOptions(context, 'CreateOptions');
    const sent = await decode(context, resource, options.fieldValidation);
    matchUrl(resource, sent, context.info);
    applyObjectDefaults(resource, sent);
    const admission = admissionRequest(context, admittedAs(context, resource, services), {
      operation: 'CREATE',
      object: sent,
      oldObject: undefined,
      dryRun: options.dryRun,
      name: context.info.name || (sent.metadata.name ?? ''),
    });
    await services.admission.mutate(admission);
    const made = await evaluate(sent, context, async () => services.admission.validate(admission));
    context.answer = encodeObject(context, resource, made, acceptable(context, resource), 201);
  };
}

/** Below a resource the kind is another, but the resource stays what it is. */
function admittedAs({ info }: RequestContext, resource: Resource, services: Services): Resource {
  if (info.subresource === '') return resource;
  return services.resources.find(info.group, info.version, info.resource) ?? resource;
}
