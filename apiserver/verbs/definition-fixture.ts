import type { ApiClient } from './api-client.ts';

/** Test fixture: definitions of one version, and objects of them. */

export const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

export interface Shape {
  plural: string;
  kind: string;
  group?: string;
  scope?: string;
  schema?: object;
  version?: object;
  names?: object;
}

export function definition(shape: Shape) {
  const { plural, kind, group = 'example.com', scope = 'Namespaced' } = shape;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope,
      names: { plural, kind, ...shape.names },
      versions: [
        {
          name: 'v1',
          served: true,
          storage: true,
          schema: { openAPIV3Schema: shape.schema ?? { type: 'object' } },
          ...shape.version,
        },
      ],
    },
  };
}

export const spec = (properties: object, more: object = {}) => ({
  type: 'object',
  properties: { spec: { type: 'object', properties, ...more } },
});

export const objects = (plural: string) => `/apis/example.com/v1/namespaces/default/${plural}`;
export const object = (kind: string, name: string, fields: object = {}) => ({
  apiVersion: 'example.com/v1',
  kind,
  metadata: { name },
  ...fields,
});

export const conditions = (crd: {
  status: { conditions: { type: string; status: string }[] | null };
}) => Object.fromEntries((crd.status.conditions ?? []).map(({ type, status }) => [type, status]));

/** Resolves when the definition is served. */
export async function established(api: ApiClient, name: string): Promise<void> {
  const stream = await api.watch(`${definitions}?watch=1&fieldSelector=metadata.name%3D${name}`);
  for (;;) {
    const event = await stream.next();
    if (
      conditions({ status: { conditions: [], ...event.object.status } })['Established'] === 'True'
    )
      break;
  }
  stream.close();
}
