import { any, bool, double, encodeTree, extensions, fields, inside } from './openapi-protobuf.ts';
import { integer, list, message, named, string, type Write } from './openapi-protobuf.ts';

/** gnostic's messages of OpenAPI v2 (openapiv2/OpenAPIv2.proto), as far as our documents go. */

const schema: Write = fields(() => ({
  $ref: [1, string],
  format: [2, string],
  title: [3, string],
  description: [4, string],
  default: [5, any],
  multipleOf: [6, double],
  maximum: [7, double],
  exclusiveMaximum: [8, bool],
  minimum: [9, double],
  exclusiveMinimum: [10, bool],
  maxLength: [11, integer],
  minLength: [12, integer],
  pattern: [13, string],
  maxItems: [14, integer],
  minItems: [15, integer],
  uniqueItems: [16, bool],
  maxProperties: [17, integer],
  minProperties: [18, integer],
  required: [19, list(string)],
  enum: [20, list(any)],
  additionalProperties: [21, message(additional)],
  type: [22, message(inside(1, string))],
  items: [23, message(inside(1, message(schema)))],
  allOf: [24, list(message(schema))],
  properties: [25, message(inside(1, named(message(schema))))],
  externalDocs: [29, message(externalDocs)],
  example: [30, any],
  '*': [31, extensions],
}));

const externalDocs = fields(() => ({ description: [1, string], url: [2, string] }));

const additional: Write = (writer, value) => {
  if (typeof value === 'boolean') bool(writer, value, 2);
  else message(schema)(writer, value, 1);
};

const reference = fields(() => ({ $ref: [1, string] }));

const bodyParameter = fields(() => ({
  description: [1, string],
  name: [2, string],
  in: [3, string],
  required: [4, bool],
  schema: [5, message(schema)],
}));

const queryParameter = fields(() => ({
  required: [1, bool],
  in: [2, string],
  description: [3, string],
  name: [4, string],
  type: [6, string],
  uniqueItems: [20, bool],
}));

const pathParameter = fields(() => ({
  required: [1, bool],
  in: [2, string],
  description: [3, string],
  name: [4, string],
  type: [5, string],
  uniqueItems: [19, bool],
}));

const parameter: Write = (writer, value) => {
  const place = (value as { in?: string }).in;
  if (place === 'body') return message(bodyParameter)(writer, value, 1);
  const other = place === 'query' ? message(queryParameter) : message(pathParameter);
  message(inside(place === 'query' ? 3 : 4, other))(writer, value, 2);
};

const parameterOrReference: Write = (writer, value) => {
  const refers = (value as { $ref?: string }).$ref !== undefined;
  if (refers) message(reference)(writer, value, 2);
  else message(parameter)(writer, value, 1);
};

const response = fields(() => ({
  description: [1, string],
  schema: [2, message(inside(1, message(schema)))],
}));

const operation = fields(() => ({
  tags: [1, list(string)],
  description: [3, string],
  operationId: [5, string],
  produces: [6, list(string)],
  consumes: [7, list(string)],
  parameters: [8, list(message(parameterOrReference))],
  responses: [9, message(inside(1, named(message(inside(1, message(response))))))],
  schemes: [10, list(string)],
  '*': [13, extensions],
}));

const pathItem = fields(() => ({
  get: [2, message(operation)],
  put: [3, message(operation)],
  post: [4, message(operation)],
  delete: [5, message(operation)],
  options: [6, message(operation)],
  head: [7, message(operation)],
  patch: [8, message(operation)],
  parameters: [9, list(message(parameterOrReference))],
}));

const apiKey = fields(() => ({
  type: [1, string],
  name: [2, string],
  in: [3, string],
  description: [4, string],
}));

const document = fields(() => ({
  swagger: [1, string],
  info: [2, message(fields(() => ({ title: [1, string], version: [2, string] })))],
  paths: [8, message(inside(2, named(message(pathItem))))],
  definitions: [9, message(inside(1, named(message(schema))))],
  parameters: [10, message(inside(1, named(message(parameter))))],
  security: [12, list(message(inside(1, named(message(inside(1, list(string)))))))],
  securityDefinitions: [13, message(inside(1, named(message(inside(2, message(apiKey))))))],
}));

/** The tree of an OpenAPI v2 document as an openapi.v2.Document. */
export function encodeOpenApiV2(tree: object): Buffer {
  return encodeTree(document, tree);
}
