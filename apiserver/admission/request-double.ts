import { apiVersionOf, type KubeObject } from '../../object/object.ts';
import { schemaFor } from '../../schema/built-in.ts';
import type { Resource } from '../apis/resource.ts';
import type { AdmissionRequest } from './plugin.ts';

/** An AdmissionRequest for tests of plugins: what is not given is as plain as can be. */
export function admissionRequest(
  given: Partial<Omit<AdmissionRequest, 'resource'>> & { group?: string; of: string },
): AdmissionRequest & { warnings: string[]; annotations: Record<string, string> } {
  const { of, group = '', object, oldObject, ...rest } = given;
  const metadata = (object ?? oldObject)?.metadata;
  const warnings: string[] = [];
  const annotations: Record<string, string> = {};
  const kind = (object ?? oldObject)?.kind ?? of;
  return {
    operation: 'CREATE',
    resource: {
      group,
      version: 'v1',
      apiVersion: apiVersionOf({ group, version: 'v1' }),
      resource: of,
      kind,
      namespaced: true,
      schema: schemaFor({ group, version: 'v1', kind }) ?? { type: 'object' },
    } as Resource,
    subresource: '',
    namespace: metadata?.namespace ?? '',
    name: metadata?.name ?? '',
    user: { name: 'alice', groups: ['system:authenticated'] },
    object,
    oldObject,
    options: undefined,
    dryRun: false,
    warn: (text) => warnings.push(text),
    annotate: (key, value) => {
      annotations[key] ??= value;
    },
    warnings,
    annotations,
    ...rest,
  };
}

export function makeObject(kind: string, name: string, more: object = {}): KubeObject {
  return {
    apiVersion: 'v1',
    kind,
    metadata: { name, namespace: 'ns', uid: `uid-${name}` },
    ...more,
  };
}
