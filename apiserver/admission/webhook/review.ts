import { randomUUID } from 'node:crypto';
import { type KubeObject, parseApiVersion } from '../../../object/object.ts';
import type { AdmissionRequest } from '../plugin.ts';
import type { Webhook } from './registration.ts';

/** The question (admission.k8s.io AdmissionReview). Source: webhook/request. */

export interface Review {
  version: 'v1' | 'v1beta1';
  uid: string;
  body: object;
}

/** What is sent: the request, in the version the webhook asked for. */
export interface ReviewedObjects {
  apiVersion: string;
  kind: string;
  object: KubeObject | undefined;
  oldObject: KubeObject | undefined;
}

const group = 'admission.k8s.io';
const supported = ['v1', 'v1beta1'] as const;

export function makeReview(
  webhook: Webhook,
  request: AdmissionRequest,
  sent: ReviewedObjects,
): Review {
  const version = webhook.reviewVersions
    .map((wanted) => supported.find((known) => known === wanted))
    .find((known) => known !== undefined);
  if (version === undefined) {
    throw new Error(
      'could not create admission objects: webhook does not accept known AdmissionReview versions (v1, v1beta1)',
    );
  }
  const uid = randomUUID();
  const apiVersion = `${group}/${version}`;
  const body = {
    kind: 'AdmissionReview',
    apiVersion,
    request: {
      uid,
      ...requestFields(request, sent),
      object: sent.object ?? null,
      oldObject: sent.oldObject ?? null,
      options: request.options ?? null,
    },
  };
  return { version, uid, body };
}

/** An AdmissionRequest without its objects: what expressions know as `request`, too. */
export function requestFields(request: AdmissionRequest, sent: ReviewedObjects): object {
  const { resource, subresource, user } = request;
  const gv = parseApiVersion(sent.apiVersion);
  return {
    kind: kindOf(request, sent.object ?? sent.oldObject, gv?.version ?? '', sent.kind),
    resource: { ...gv, resource: resource.resource },
    ...(subresource === '' ? {} : { subResource: subresource }),
    requestKind: kindOf(
      request,
      request.object ?? request.oldObject,
      resource.version,
      resource.kind,
    ),
    requestResource: {
      group: resource.group,
      version: resource.version,
      resource: resource.resource,
    },
    ...(subresource === '' ? {} : { requestSubResource: subresource }),
    ...(request.name === '' ? {} : { name: request.name }),
    ...(request.namespace === '' ? {} : { namespace: request.namespace }),
    operation: request.operation,
    userInfo: {
      username: user.name,
      ...(user.uid ? { uid: user.uid } : {}),
      groups: user.groups,
      ...(user.extra === undefined ? {} : { extra: user.extra }),
    },
    dryRun: request.dryRun,
    ...(request.options === undefined ? {} : { options: request.options }),
  };
}

/** The kind of what is sent: a subresource's differs from its resource's (Binding, Scale, PodExecOptions). */
function kindOf(
  { subresource }: AdmissionRequest,
  object: KubeObject | undefined,
  version: string,
  kind: string,
): object {
  if (subresource !== '' && object?.kind !== undefined) {
    return { ...parseApiVersion(object.apiVersion), kind: object.kind };
  }
  const own = object === undefined ? undefined : parseApiVersion(object.apiVersion);
  return { group: own?.group ?? '', version: own?.version ?? version, kind };
}
