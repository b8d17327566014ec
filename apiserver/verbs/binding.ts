import { deepCopy } from '../../object/copy.ts';
import { fieldInvalid, fieldNotSupported, fieldRequired } from '../../object/field-error.ts';
import { type KubeObject, timestamp } from '../../object/object.ts';
import { conflict, invalid } from '../../object/status-error.ts';
import { schemaFor } from '../../schema/built-in.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { acceptable, encodeAny } from '../response/encode.ts';
import { decode } from './decode.ts';
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
  const { namespace } = context.info;
  const name = context.info.name || (binding.metadata.name ?? '');
  const target: { kind?: string; name?: string } = binding['target'] ?? {};
  const causes = [];
  if (target.kind !== undefined && target.kind !== '' && target.kind !== 'Node') {
    causes.push(fieldNotSupported('target.kind', target.kind, ['Node', '<empty>']));
  }
  if (target.name === undefined || target.name === '') causes.push(fieldRequired('target.name'));
  if (causes.length > 0) throw invalid(bindingKind, name, causes);
  const node = target.name ?? '';
  await reviseStored(services, pods, { namespace, name, dryRun: options.dryRun }, async (now) =>
    bound(pods, now.object, binding, node, services.now()),
  );
  const done = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  context.answer = encodeAny(context, done, acceptable(context, pods), 201);
}

/** The Binding kind under the pods' names, for decoding. */
function asBinding(pods: Resource): Resource {
  return {
    ...pods,
    ...bindingKind,
    apiVersion: 'v1',
    schema: schemaFor(bindingKind) ?? { type: 'object' },
  };
}

function bound(
  pods: Resource,
  old: KubeObject,
  binding: KubeObject,
  node: string,
  now: Date,
): KubeObject {
  const name = old.metadata.name ?? '';
  const podName = { group: '', resource: `${pods.resource}/binding` };
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
    throw invalid({ group: '', kind: 'Pod' }, name, [
      fieldInvalid('spec.schedulingGates', old['spec'].schedulingGates, 'pod has scheduling gates'),
    ]);
  }
  const next = deepCopy(old);
  next['spec'].nodeName = node;
  const annotations = binding.metadata.annotations ?? {};
  if (Object.keys(annotations).length > 0) {
    next.metadata.annotations = { ...next.metadata.annotations, ...annotations };
  }
  setScheduled(next, now);
  return next;
}

function setScheduled(pod: KubeObject, now: Date): void {
  pod['status'] ??= {};
  const conditions: { type: string; status: string }[] = (pod['status'].conditions ??= []);
  const scheduled = {
    type: 'PodScheduled',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(now),
  };
  const at = conditions.findIndex((condition) => condition.type === 'PodScheduled');
  if (at < 0) conditions.push(scheduled);
  else conditions[at] = scheduled;
}
