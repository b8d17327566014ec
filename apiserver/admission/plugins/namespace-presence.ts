import type { KubeObject } from '../../../object/object.ts';
import { notFound, StatusError } from '../../../object/status-error.ts';
import type { Lister } from '../../watch/view.ts';
import type { AdmissionPlugin, AdmissionRequest } from '../plugin.ts';
import { refused } from '../refusal.ts';

/** Plugins about a namespace that is not there, both off unless asked for. */

export interface NamespaceReader {
  namespaces: Lister;
  /** From the store itself, for when the cache may be behind. */
  readLive(namespace: string): Promise<KubeObject | undefined>;
}

export async function findNamespace(
  { namespaces, readLive }: NamespaceReader,
  name: string,
): Promise<KubeObject | undefined> {
  return namespaces.get('', name) ?? (await readLive(name));
}

/** Nothing is written or deleted in a namespace that is missing. Source: plugin/pkg/admission/namespace/exists. */
export function makeNamespaceExists(options: NamespaceReader): AdmissionPlugin {
  return {
    name: 'NamespaceExists',
    async validate(request) {
      if (request.operation === 'CONNECT' || !isInNamespace(request)) return;
      if ((await findNamespace(options, request.namespace)) !== undefined) return;
      throw notFound({ group: '', resource: 'namespaces' }, request.namespace);
    },
  };
}

/** What is created brings its namespace along. Source: plugin/pkg/admission/namespace/autoprovision. */
export function makeNamespaceAutoProvision(options: {
  namespaces: Lister;
  /** One that exists by now is as good. */
  createNamespace(name: string): Promise<void>;
}): AdmissionPlugin {
  return {
    name: 'NamespaceAutoProvision',
    async mutate(request) {
      if (request.operation !== 'CREATE' || request.dryRun || !isInNamespace(request)) return;
      if (options.namespaces.get('', request.namespace) !== undefined) return;
      try {
        await options.createNamespace(request.namespace);
      } catch (error) {
        if (error instanceof StatusError && error.reason === 'AlreadyExists') return;
        throw refused(request, (error as Error).message);
      }
    },
  };
}

function isInNamespace({ namespace, resource }: AdmissionRequest): boolean {
  return namespace !== '' && !(resource.group === '' && resource.resource === 'namespaces');
}
