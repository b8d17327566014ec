import type { GroupVersionKind } from '../../object/object.ts';
import type { Schema } from '../../schema/schema.ts';

/** The type of a kind as an OpenAPI v3 document of its group version describes it. */

interface Node {
  $ref?: string;
  allOf?: Node[];
  type?: string;
  format?: string;
  properties?: Record<string, Node>;
  additionalProperties?: Node | boolean;
  items?: Node;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-group-version-kind'?: GroupVersionKind[];
}

export interface OpenApiDocument {
  components?: { schemas?: Record<string, Node> };
}

const anything: Schema = { type: 'any' };
const prefix = '#/components/schemas/';

/** Undefined when the document does not have the kind. */
export function typeFromOpenApi(
  { components }: OpenApiDocument,
  kind: GroupVersionKind,
): Schema | undefined {
  const schemas = components?.schemas ?? {};
  const made = new Map<string, Schema>();
  const is = (one: GroupVersionKind): boolean =>
    one.group === kind.group && one.version === kind.version && one.kind === kind.kind;
  const root = Object.values(schemas).find((node) =>
    (node['x-kubernetes-group-version-kind'] ?? []).some(is),
  );

  /** Types may hold themselves: each named one is made once, and filled in afterwards. */
  function named(ref: string): Schema {
    const known = made.get(ref);
    if (known !== undefined) return known;
    const schema: Schema = { type: 'any' };
    made.set(ref, schema);
    const node = schemas[ref.slice(prefix.length)];
    return Object.assign(schema, node === undefined ? anything : type(node));
  }

  function type(node: Node): Schema {
    if (node.$ref !== undefined) return named(node.$ref);
    const [only] = node.allOf ?? [];
    if (only !== undefined && node.type === undefined) return type(only);
    if (node['x-kubernetes-int-or-string'] === true) return { type: 'any', intOrString: true };
    switch (node.type) {
      case 'object':
        return record(node);
      case 'array':
        return { type: 'array', items: type(node.items ?? {}) };
      case 'string':
      case 'integer':
      case 'number':
      case 'boolean':
        return { type: node.type, ...(node.format === undefined ? {} : { format: node.format }) };
      default:
        return anything;
    }
  }

  function record(node: Node): Schema {
    const { properties, additionalProperties: more } = node;
    if (properties !== undefined) {
      const entries = Object.entries(properties).map(([name, one]) => [name, type(one)] as const);
      return { type: 'object', properties: Object.fromEntries(entries) };
    }
    if (typeof more === 'object') return { type: 'object', additional: type(more) };
    // what is open has no fields that expressions know, as upstream sees it
    return { type: 'object', properties: {} };
  }

  return root === undefined ? undefined : type(root);
}
