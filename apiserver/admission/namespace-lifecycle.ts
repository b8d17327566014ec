import type { KubeObject } from '../../object/object.ts';
import { forbidden, notFound, StatusError } from '../../object/status-error.ts';
import type { Lister } from '../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { refused } from './refusal.ts';

/**
 * Nothing is created in a namespace that is missing or going, and three namespaces never go.
 * Source: k8s.io/apiserver admission/plugin/namespace/lifecycle.
 */
export interface NamespaceLifecycleOptions {
  namespaces: Lister;
  /** From the store itself, for when the cache may be behind. */
  readLive(namespace: string): Promise<KubeObject | undefined>;
  now?: () => number;
}

const immortal = new Set(['default', 'kube-system', 'kube-public']);

/** A watch-fed cache gets this long to see a namespace created just before. */
const missingWaitMs = 50;
/** After a namespace is deleted here, the cache is not believed for this long. */
const distrustMs = 30_000;
const distrustedMax = 100;

export function makeNamespaceLifecycle(options: NamespaceLifecycleOptions): AdmissionPlugin {
  const now = options.now ?? Date.now;
  const distrusted = new Map<string, number>();

  function distrust(name: string): void {
    distrusted.delete(name);
    distrusted.set(name, now() + distrustMs);
    const oldest = distrusted.keys().next();
    if (distrusted.size > distrustedMax && oldest.done !== true) distrusted.delete(oldest.value);
  }

  async function lookUp(request: AdmissionRequest): Promise<KubeObject> {
    const name = request.namespace;
    let found = options.namespaces.get('', name);
    if (found === undefined && request.operation === 'CREATE') {
      await new Promise((resolve) => setTimeout(resolve, missingWaitMs));
      found = options.namespaces.get('', name);
    }
    const doubted = (distrusted.get(name) ?? 0) > now() && found?.status?.phase === 'Active';
    if (found === undefined || doubted) found = await options.readLive(name);
    if (found === undefined) throw notFound({ group: '', resource: 'namespaces' }, name);
    return found;
  }

  return {
    name: 'NamespaceLifecycle',
    mutate(request) {
      const { operation, resource } = request;
      if (resource.group === '' && resource.resource === 'namespaces') {
        if (operation !== 'DELETE') return undefined;
        if (immortal.has(request.name)) {
          throw forbidden(resource, request.name, 'this namespace may not be deleted');
        }
        distrust(request.name);
        return undefined;
      }
      if (request.namespace === '' || operation === 'DELETE' || operation === 'CONNECT')
        return undefined;
      // To tell a stranger that a namespace does not exist would be telling too much.
      if (resource.resource === 'localsubjectaccessreviews') return undefined;
      const cached = options.namespaces.get('', request.namespace);
      if (cached !== undefined && !distrusted.has(request.namespace)) {
        return checkPhase(request, cached);
      }
      return lookUp(request).then((namespace) => checkPhase(request, namespace));
    },
  };
}

function checkPhase(request: AdmissionRequest, namespace: KubeObject): undefined {
  if (request.operation !== 'CREATE' || namespace.status?.phase !== 'Terminating') return undefined;
  const name = request.namespace;
  const error = refused(
    request,
    `unable to create new content in namespace ${name} because it is being terminated`,
  );
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${name} is being terminated`,
    field: 'metadata.namespace',
  };
  throw new StatusError(error.code, error.reason, error.message, {
    ...error.details,
    causes: [cause],
  });
}
