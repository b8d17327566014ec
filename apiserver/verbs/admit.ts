import { labelKeyErrors } from '../../object/name.ts';
import type { KubeObject } from '../../object/object.ts';
import type { AdmissionRequest } from '../admission/plugin.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';

/** Builds what admission plugins see of this request. */
export function admissionRequest(
  context: RequestContext,
  resource: Resource,
  about: {
    operation: AdmissionRequest['operation'];
    object: KubeObject | undefined;
    oldObject: KubeObject | undefined;
    dryRun: boolean;
    name?: string;
    subresource?: string;
    /** CreateOptions, UpdateOptions or DeleteOptions; what a connect was asked with. */
    options?: object;
  },
): AdmissionRequest {
  const { info } = context;
  return {
    operation: about.operation,
    resource,
    subresource: about.subresource ?? info.subresource,
    namespace: info.namespace,
    name: about.name ?? about.object?.metadata.name ?? info.name,
    user: context.user,
    object: about.object,
    oldObject: about.oldObject,
    options: about.options,
    dryRun: about.dryRun,
    expiresAt: context.expiresAt,
    waited: (ms) => {
      context.waitedMs += ms;
    },
    warn: (text) => context.warnings.push(text),
    annotate: (key, value, level) => {
      if (
        level === 'Request' &&
        (context.auditLevel === 'None' || context.auditLevel === 'Metadata')
      ) {
        return;
      }
      if (key in context.auditAnnotations || !isAnnotationKey(key)) return;
      context.auditAnnotations[key] = value;
    },
  };
}

/** A prefix is a must (k8s.io/apiserver admission attributes.go checkKeyFormat). */
function isAnnotationKey(key: string): boolean {
  return key.includes('/') && labelKeyErrors(key).length === 0;
}
