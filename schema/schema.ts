/**
 * The one description of a type that decoding, strict field checks, pruning, defaulting, merging,
 * managed fields, protobuf and OpenAPI all walk. Built-in types come from the generated artefact
 * (`built-in.ts`), custom ones from a CustomResourceDefinition's structural schema: same shape.
 *
 * Nodes are shared and may be cyclic (JSONSchemaProps holds itself): walk data, not schemas.
 */

export type SchemaType = 'object' | 'array' | 'string' | 'integer' | 'number' | 'boolean' | 'any';

export interface Schema {
  type: SchemaType;
  /** int32, int64, double, byte, date-time, micro-time, quantity, int-or-string … */
  format?: string;
  /** Definition name in OpenAPI when this node is a named type: `io.k8s.api.core.v1.Pod`. */
  name?: string;

  /** Known fields of an object. */
  properties?: Record<string, Schema>;
  /** Value schema when the object is a map with free keys. */
  additional?: Schema;
  /** Element schema of an array. */
  items?: Schema;
  required?: readonly string[];

  /** x-kubernetes-int-or-string. `type` is then `any`. */
  intOrString?: boolean;
  /** x-kubernetes-preserve-unknown-fields: nothing below is pruned or refused. */
  preserveUnknown?: boolean;
  /** x-kubernetes-embedded-resource, RawExtension. */
  embedded?: boolean;
  nullable?: boolean;

  enum?: readonly unknown[];
  default?: unknown;
  /** An empty value (false, 0, "", [], {}) is left out of JSON: Go's omitempty on a field that is no pointer. */
  omitEmpty?: boolean;
  /** What upstream writes for this field while it is unset ("", 0, null, "0", {}); absent: the field is left out. */
  zero?: unknown;
  /** Go's name for a named scalar, list or map, as decoding errors show it: `v1.PullPolicy`. */
  goType?: string;

  listType?: 'atomic' | 'set' | 'map';
  listMapKeys?: readonly string[];
  mapType?: 'atomic' | 'granular';
  /** Strategic merge: `merge`, `replace`, `retainKeys`, `merge,retainKeys`. */
  patchStrategy?: string;
  patchMergeKey?: string;

  /** Protobuf coding of an object's fields by field name; absent for custom resources. */
  proto?: Record<string, ProtoField>;

  /** Value rules of a structural schema; built-in kinds check theirs in code. */
  rules?: ValueRules;
}

/** How one field of a built-in type lies in protobuf (Kubernetes generated.proto files). */
export interface ProtoField {
  number: number;
  /** `message` reads the field's own schema; `map` is a repeated entry message {1: key, 2: value}. */
  kind: 'string' | 'bytes' | 'bool' | 'int32' | 'int64' | 'double' | 'message' | 'map';
  repeated?: boolean;
  packed?: boolean;
  /** Messages with a coding of their own: Time, MicroTime, Quantity, IntOrString, RawExtension, FieldsV1,
   * JSON …; `Strings` is a message that holds one repeated string. */
  special?: string;
  /** Absent and zero are two things (a Go pointer): written only when present. */
  pointer?: boolean;
  /** Numbers of the messages, outermost first, that hold the field though JSON has it inline. */
  path?: readonly number[];
}

/** OpenAPI v3 value validations that structural schemas allow, and their CEL rules. */
export interface ValueRules {
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  minItems?: number;
  maxItems?: number;
  uniqueItems?: boolean;
  minProperties?: number;
  maxProperties?: number;
  allOf?: readonly Schema[];
  anyOf?: readonly Schema[];
  oneOf?: readonly Schema[];
  not?: Schema;
  validations?: readonly ValidationRule[];
}

/** x-kubernetes-validations. */
export interface ValidationRule {
  rule: string;
  message?: string;
  messageExpression?: string;
  reason?:
    | 'FieldValueInvalid'
    | 'FieldValueForbidden'
    | 'FieldValueRequired'
    | 'FieldValueDuplicate';
  fieldPath?: string;
  optionalOldSelf?: boolean;
}
