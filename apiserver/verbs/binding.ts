import { deepCopy } from '../../object/copy.ts';
import { fieldNotSupported, fieldRequired } from '../../object/field-error.ts';
import type { KubeObject } from '../../object/object.ts';
import { badRequest, conflict, fieldErrorsText, StatusError } from '../../object/status-error.ts';
import { schemaFor } from '../../schema/built-in.ts';
import { setPodCondition } from '../apis/core/pod-conditions.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { acceptable, encodeAny } from '../response/encode.ts';
import { admissionRequest } from './admit.ts';
import { decode } from './decode.ts';
import { matchUrl } from './identity.ts';
import type { Services } from './services.ts';
import { reviseStored } from './stored.ts';
import { writeOptions } from './write-options.ts';

const bindingKind = { group: '', version: 'v1', kind: 'Binding' };

/** POST pods/{name}/binding: the scheduler's word (pkg/registry/core/pod/storage assignPod). */
export async function bindPod(
  context: RequestContext,
  pods: Resource,
  services: Services,
): Promise<void> {
  const options = writeOptions(context, 'CreateOptions');
  const binding = await decode(context, asBinding(pods), options.fieldValidation);
  matchUrl(pods, binding, context.info);
  const { namespace } = context.info;
  const name = context.info.name || (binding.metadata.name ?? '');
  const request = admissionRequest(context, admittedAs(context, pods, services), {
    operation: 'CREATE',
    object: binding,
    oldObject: undefined,
    dryRun: options.dryRun,
    name,
  });
  await services.admission.mutate(request);
  if (binding.metadata.name !== name) {
    throw badRequest('name in URL does not match name in Binding object');
  }
  checkBinding(binding);
  await services.admission.validate(request);
  await reviseStored(services, pods, { namespace, name, dryRun: options.dryRun }, async (now) =>
    bound(now.object, binding, services.now()),
  );
  const done = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  context.responseObject = done;
  context.answer = encodeAny(context, done, acceptable(context, pods), 201);
}

/** POST bindings is admitted as what it is posted to. */
function admittedAs({ info }: RequestContext, pods: Resource, { resources }: Services): Resource {
  const posted = info.subresource === '' ? resources.find('', 'v1', info.resource) : undefined;
  return asBinding(posted ?? pods);
}

/** The Binding kind under the name of a resource, for decoding and admission. */
function asBinding(resource: Resource): Resource {
  const schema = schemaFor(bindingKind) ?? { type: 'object' };
  const { default: _, ...rest } = resource;
  return { ...rest, ...bindingKind, apiVersion: 'v1', schema };
}

/** Not an Invalid: upstream answers with the mistakes as a plain error, which is a 500 without a reason. */
function checkBinding(binding: KubeObject): void {
  const target: { kind?: string; name?: string } = binding['target'] ?? {};
  const causes = [];
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Node') {
    causes.push(fieldNotSupported('target.kind', target.kind, ['Node', '<empty>']));
  }
  if (target.name === undefined || target.name === '') causes.push(fieldRequired('target.name'));
  if (causes.length > 0) throw new StatusError(500, '', fieldErrorsText(causes));
}

function bound(old: KubeObject, binding: KubeObject, now: Date): KubeObject {
  const name = old.metadata.name ?? '';
  const podName = { group: '', resource: 'pods/binding' };
  const refuse = (why: string): Error => conflict(podName, name, why);
  const { uid, resourceVersion } = binding.metadata;
  if (uid !== undefined && uid !== '' && uid !== old.metadata.uid) {
    throw refuse(
      `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`,
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    throw refuse(
      `Precondition failed: ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${old.metadata.resourceVersion}`,
    );
  }
  if (old.metadata.deletionTimestamp != null) {
    throw refuse(`pod ${name} is being deleted, cannot be assigned to a host`);
  }
  const assigned: string = old['spec']?.nodeName ?? '';
  if (assigned !== '') {
    throw refuse(`pod ${name} is already assigned to node ${JSON.stringify(assigned)}`);
  }
  if ((old['spec']?.schedulingGates ?? []).length > 0) {
    throw refuse(`pod ${name} has non-empty .spec.schedulingGates`);
  }
  const next = deepCopy(old);
  next['spec'].nodeName = binding['target'].name;
  for (const kept of ['annotations', 'labels'] as const) {
    const given = binding.metadata[kept] ?? {};
    if (Object.keys(given).length > 0) next.metadata[kept] = { ...next.metadata[kept], ...given };
  }
  setPodCondition(next, { type: 'PodScheduled', status: 'True' }, now);
  delete next['status'].nominatedNodeName;
  return next;
}
