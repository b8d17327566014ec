export function encodeOpenApiV3(_tree: object): Buffer {
  throw new Error('todo');
}
