import type { KubeObject } from '../../object/object.ts';
import { notFound } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import type { RequestContext } from '../context.ts';
import { encodeList } from '../response/encode-list.ts';
import { acceptable, encodeObject } from '../response/encode.ts';
import type { Services } from './services.ts';

/** Longest a component is waited for. */
const timeoutMs = 2_000;

/** GET componentstatuses: asked of the components at the time, never stored (deprecated upstream since v1.19). */
export async function componentStatus(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  context.warnings.push('v1 ComponentStatus is deprecated in v1.19+');
  const etcd = await healthOf('etcd-0', () => services.store.ping(timeoutMs));
  const { name, verb } = context.info;
  if (verb === 'list') {
    const item = { bytes: Buffer.from(JSON.stringify(etcd)), object: () => etcd };
    context.answer = encodeList(context, resource, [item], {});
    return;
  }
  if (name !== etcd.metadata.name) throw notFound(resource, name);
  context.answer = encodeObject(context, resource, etcd, acceptable(context, resource));
}

async function healthOf(name: string, ask: () => Promise<void>): Promise<KubeObject> {
  let condition = { type: 'Healthy', status: 'True', message: 'ok' };
  try {
    await ask();
  } catch (error) {
    condition = { type: 'Healthy', status: 'False', message: (error as Error).message };
  }
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [condition],
  };
}
