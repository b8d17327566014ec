import { deepCopy } from '../../../object/copy.ts';
import { fieldInvalid } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import {
  formatLabelSelector,
  labelSelectorFromMap,
  labelSelectorFromObject,
} from '../../../object/selector.ts';
import { badRequest, conflict, type StatusCause } from '../../../object/status-error.ts';
import type { Plain } from '../plain.ts';
import type { Resource, ScaleSubresource } from '../resource.ts';

/** The scale subresource: autoscaling/v1 Scale of any resource that says where its replicas are. */

/** The Scale of an object; counts that are not there are 0. */
export function scaleOf(object: KubeObject, paths: ScaleSubresource): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata;
  const replicas = at(object, paths.specReplicasPath);
  const current = at(object, paths.statusReplicasPath);
  const selector = selectorAt(object, paths.labelSelectorPath);
  const metadata: KubeObject['metadata'] = {};
  Object.assign(metadata, given({ name, namespace, uid, resourceVersion, creationTimestamp }));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    spec: typeof replicas === 'number' && replicas !== 0 ? { replicas } : {},
    status: {
      replicas: typeof current === 'number' ? current : 0,
      ...(selector === '' ? {} : { selector }),
    },
  };
}

/** 0 is shown as absent, so absent is 0. */
export function validateScale(scale: KubeObject): StatusCause[] {
  const replicas = scale.spec?.replicas ?? 0;
  if (replicas >= 0) return [];
  return [fieldInvalid('spec.replicas', replicas, 'must be greater than or equal to 0')];
}

/**
 * The object with the Scale's replicas, a new object.
 * @throws StatusError 400 another name, 409 a stale resourceVersion or another uid
 */
export function scaled(object: KubeObject, scale: KubeObject, resource: Resource): KubeObject {
  const { name = '' } = object.metadata;
  const sent = scale.metadata ?? {};
  if (sent.name !== undefined && sent.name !== name) {
    throw badRequest(
      `the name of the object (${sent.name}) does not match the name on the URL (${name})`,
    );
  }
  const names = { group: resource.group, resource: resource.resource };
  if (sent.uid && sent.uid !== object.metadata.uid) {
    const why = `Precondition failed: UID in precondition: ${sent.uid}, UID in object meta: ${object.metadata.uid}`;
    throw conflict(names, name, why);
  }
  if (sent.resourceVersion && sent.resourceVersion !== object.metadata.resourceVersion) {
    const why =
      'the object has been modified; please apply your changes to the latest version and try again';
    throw conflict(names, name, why);
  }
  const next = deepCopy(object);
  const fields = (resource.scale?.specReplicasPath ?? 'spec.replicas').split('.');
  const last = fields.pop() ?? 'replicas';
  let holder: Plain = next;
  for (const field of fields) {
    holder[field] ??= {};
    holder = holder[field];
  }
  holder[last] = scale.spec?.replicas ?? 0;
  return next;
}

/** Paths are dotted; a leading dot, as CustomResourceDefinitions write it, is ignored. */
function at(object: KubeObject, path: string): unknown {
  let value: unknown = object;
  for (const field of path.replace(/^\./, '').split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Plain)[field];
  }
  return value;
}

/** A LabelSelector object, a plain map (ReplicationController) or a selector's text (custom resources). */
function selectorAt(object: KubeObject, path: string | undefined): string {
  const value = path === undefined ? undefined : at(object, path);
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  const isSelector = 'matchLabels' in value || 'matchExpressions' in value;
  return formatLabelSelector(
    isSelector
      ? labelSelectorFromObject(value)
      : labelSelectorFromMap(value as Record<string, string>),
  );
}

function given(fields: Plain): Plain {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
