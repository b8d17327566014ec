import { deepCopy } from '../../../object/copy.ts';
import { fieldNotSupported, fieldRequired } from '../../../object/field-error.ts';
import type { KubeObject } from '../../../object/object.ts';
import { badRequest, conflict, type StatusCause } from '../../../object/status-error.ts';
import { setPodCondition } from './pod-conditions.ts';

/**
 * POST pods/<name>/binding and bindings: the scheduler's decision (registry/core/pod/storage
 * BindingREST). Not an update of the pod by its user, so the rules of updates do not apply.
 */
export function validatePodBinding({ target = {} }: KubeObject): StatusCause[] {
  const errors: StatusCause[] = [];
  if (target.kind && target.kind !== 'Node') {
    errors.push(fieldNotSupported('target.kind', target.kind, ['Node', '<empty>']));
  }
  if (!target.name) errors.push(fieldRequired('target.name'));
  return errors;
}

/** The pod as bound, a new object. @throws StatusError 400 another name, 409 cannot be bound (any more) */
export function bindPod(pod: KubeObject, binding: KubeObject, now: Date): KubeObject {
  const name = pod.metadata.name ?? '';
  if (binding.metadata.name && binding.metadata.name !== name) {
    throw badRequest('name in URL does not match name in Binding object');
  }
  const refuse = (why: string) => conflict({ group: '', resource: 'pods/binding' }, name, why);
  const { uid, resourceVersion } = binding.metadata;
  if (uid && uid !== pod.metadata.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata.uid}`,
    );
  }
  if (resourceVersion && resourceVersion !== pod.metadata.resourceVersion) {
    throw refuse(
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${pod.metadata.resourceVersion}`,
    );
  }
  if (pod.metadata.deletionTimestamp) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  if (pod.spec.nodeName) {
    throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(pod.spec.nodeName)}`);
  }
  if ((pod.spec.schedulingGates ?? []).length > 0) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
  const next = deepCopy(pod);
  next.spec.nodeName = binding.target.name;
  next.metadata.annotations = { ...next.metadata.annotations, ...binding.metadata.annotations };
  if (Object.keys(next.metadata.annotations).length === 0) delete next.metadata.annotations;
  // The node's topology labels come with the binding (KEP-4742).
  if (binding.metadata.labels !== undefined) {
    next.metadata.labels = { ...next.metadata.labels, ...binding.metadata.labels };
  }
  delete next.status?.nominatedNodeName;
  setPodCondition(next, { type: 'PodScheduled', status: 'True' }, now);
  return next;
}
