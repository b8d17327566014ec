import { any, bool, double, encodeTree, extensions, fields, inside } from './openapi-protobuf.ts';
import { integer, list, message, named, string, type Write } from './openapi-protobuf.ts';

/** gnostic's messages of OpenAPI v3 (openapiv3/OpenAPIv3.proto), as far as our documents go. */

const schema: Write = fields(() => ({
  nullable: [1, bool],
  externalDocs: [6, message(externalDocs)],
  example: [7, any],
  title: [9, string],
  multipleOf: [10, double],
  maximum: [11, double],
  exclusiveMaximum: [12, bool],
  minimum: [13, double],
  exclusiveMinimum: [14, bool],
  maxLength: [15, integer],
  minLength: [16, integer],
  pattern: [17, string],
  maxItems: [18, integer],
  minItems: [19, integer],
  uniqueItems: [20, bool],
  maxProperties: [21, integer],
  minProperties: [22, integer],
  required: [23, list(string)],
  enum: [24, list(any)],
  type: [25, string],
  allOf: [26, list(schemaOrReference)],
  oneOf: [27, list(schemaOrReference)],
  anyOf: [28, list(schemaOrReference)],
  not: [29, message(schema)],
  items: [30, message(inside(1, schemaOrReference))],
  properties: [31, message(inside(1, named(schemaOrReference)))],
  additionalProperties: [32, message(additional)],
  default: [33, defaultValue],
  description: [34, string],
  format: [35, string],
  '*': [36, extensions],
}));

const externalDocs = fields(() => ({ description: [1, string], url: [2, string] }));
const reference = fields(() => ({ $ref: [1, string] }));

const schemaOrReference = message((writer, value) => {
  const refers = (value as { $ref?: string }).$ref !== undefined;
  if (refers) message(reference)(writer, value, 2);
  else message(schema)(writer, value, 1);
});

const additional: Write = (writer, value) => {
  if (typeof value === 'boolean') bool(writer, value, 2);
  else schemaOrReference(writer, value, 1);
};

/** Only scalars have a place in the message; a default of {} goes without saying. */
const defaultValue: typeof any = (writer, value, number) => {
  if (typeof value === 'object' || value === undefined) return;
  const scalar: Write = (inner, given) => {
    if (typeof given === 'number') double(inner, given, 1);
    else if (typeof given === 'boolean') bool(inner, given, 2);
    else string(inner, given, 3);
  };
  message(scalar)(writer, value, number);
};

const parameter = fields(() => ({
  name: [1, string],
  in: [2, string],
  description: [3, string],
  required: [4, bool],
  schema: [10, schemaOrReference],
}));

const parameters = list(message(inside(1, message(parameter))));
const mediaTypes = message(
  inside(1, named(message(fields(() => ({ schema: [1, schemaOrReference] }))))),
);

const requestBody = fields(() => ({ content: [2, mediaTypes], required: [3, bool] }));
const response = fields(() => ({ description: [1, string], content: [3, mediaTypes] }));

const operation = fields(() => ({
  tags: [1, list(string)],
  description: [3, string],
  operationId: [5, string],
  parameters: [6, parameters],
  requestBody: [7, message(inside(1, message(requestBody)))],
  responses: [8, message(inside(2, named(message(inside(1, message(response))))))],
  '*': [13, extensions],
}));

const pathItem = fields(() => ({
  get: [4, message(operation)],
  put: [5, message(operation)],
  post: [6, message(operation)],
  delete: [7, message(operation)],
  options: [8, message(operation)],
  head: [9, message(operation)],
  patch: [10, message(operation)],
  parameters: [13, parameters],
}));

const securityScheme = fields(() => ({
  type: [1, string],
  description: [2, string],
  name: [3, string],
  in: [4, string],
}));

const components = fields(() => ({
  schemas: [1, message(inside(1, named(schemaOrReference)))],
  securitySchemes: [7, message(inside(1, named(message(inside(1, message(securityScheme))))))],
}));

const document = fields(() => ({
  openapi: [1, string],
  info: [2, message(fields(() => ({ title: [1, string], version: [6, string] })))],
  paths: [4, message(inside(1, named(message(pathItem))))],
  components: [5, message(components)],
}));

/** The tree of an OpenAPI v3 document as an openapi.v3.Document. */
export function encodeOpenApiV3(tree: object): Buffer {
  return encodeTree(document, tree);
}
