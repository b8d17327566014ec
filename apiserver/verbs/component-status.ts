import type { KubeObject } from '../../object/object.ts';
import { StatusError } from '../../object/status-error.ts';
import type { Resource } from '../apis/resource.ts';
import { makeFetch } from '../outgoing/fetch.ts';
import type { RequestContext } from '../context.ts';
import { encodeList } from '../response/encode-list.ts';
import { acceptable, encodeObject } from '../response/encode.ts';
import { listSelectors, selectableFields } from './selectors.ts';
import type { Services } from './services.ts';

/** Longest a component is waited for. */
const timeoutMs = 20_000;

interface Finding {
  status: 'True' | 'False' | 'Unknown';
  message?: string;
  error?: string;
}

/**
 * GET componentstatuses: asked of the components at the time, never stored (deprecated since v1.19). Upstream looks
 * for the scheduler and the controller manager on the server's own machine, wherever they run.
 */
export async function componentStatus(
  context: RequestContext,
  resource: Resource,
  services: Services,
): Promise<void> {
  context.warnings.push('v1 ComponentStatus is deprecated in v1.19+');
  const components = new Map<string, () => Promise<Finding>>([
    ['controller-manager', () => ask(10_257)],
    ['scheduler', () => ask(10_259)],
    ['etcd-0', () => ping(services)],
  ]);
  const { name, verb } = context.info;
  if (verb === 'list') {
    const all = await Promise.all([...components].map(([one, find]) => statusOf(one, find)));
    const { fieldSelector, labelSelector } = listSelectors(context, resource);
    const items = all
      .filter((one) => fieldSelector?.matches(selectableFields(resource, one)) ?? true)
      .filter(() => labelSelector?.matches({}) ?? true)
      .map((one) => ({ bytes: Buffer.from(JSON.stringify(one)), object: () => one }));
    context.answer = encodeList(context, resource, items, {});
    return;
  }
  const find = components.get(name);
  if (find === undefined) throw new StatusError(500, '', `Component not found: ${name}`);
  const found = await statusOf(name, find);
  context.answer = encodeObject(context, resource, found, acceptable(context, resource));
}

async function statusOf(name: string, find: () => Promise<Finding>): Promise<KubeObject> {
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', ...(await find()) }],
  };
}

const fetch = makeFetch({ insecure: true });

/** As a probe of HTTP judges (k8s.io/kubernetes pkg/probe/http). */
async function ask(port: number): Promise<Finding> {
  try {
    const { status, text: body } = await fetch(`https://127.0.0.1:${port}/healthz`);
    if (status >= 200 && status < 400) return { status: 'True', message: body };
    return { status: 'False', message: `HTTP probe failed with statuscode: ${status}` };
  } catch (error) {
    return { status: 'False', message: (error as Error).message };
  }
}

async function ping({ store }: Services): Promise<Finding> {
  try {
    await store.ping(timeoutMs);
    return { status: 'True', message: 'ok' };
  } catch (error) {
    return { status: 'False', error: (error as Error).message };
  }
}
