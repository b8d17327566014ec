import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mergeOpenApiV2 } from './openapi-merge.ts';

const ref = (name: string) => ({ $ref: `#/definitions/${name}` });

test('only the paths asked for, with all that they refer to', () => {
  const own = { swagger: '2.0', paths: { '/api/': {} }, definitions: { Same: { type: 'object' } } };
  const other = {
    paths: {
      '/apis/x/v1/things': {
        get: { schema: ref('Thing'), parameters: [{ $ref: '#/parameters/p' }] },
      },
      '/apis/xy/v1/others': { get: { schema: ref('Other') } },
      '/api/': { get: {} },
    },
    definitions: {
      Thing: { properties: { self: ref('Thing'), same: ref('Same'), part: ref('Part') } },
      Part: { type: 'string' },
      Same: { type: 'object' },
      Other: { type: 'string' },
    },
    parameters: { p: { name: 'p' } },
  };
  const merged = mergeOpenApiV2(own, other, ['/apis/x/v1', '/apis/x']);
  assert.deepEqual(Object.keys(merged['paths'] as object), ['/api/', '/apis/x/v1/things']);
  assert.deepEqual((merged['paths'] as Record<string, object>)['/api/'], {});
  assert.deepEqual(Object.keys(merged['definitions'] as object), ['Part', 'Same', 'Thing']);
  assert.deepEqual(merged['parameters'], { p: { name: 'p' } });
});

test('another type of the same name gets a name of its own', () => {
  const own = {
    paths: {},
    definitions: { Thing: { type: 'object' }, Thing_v2: { type: 'array' } },
  };
  const other = {
    paths: { '/apis/x/v1': { get: ref('Thing') } },
    definitions: { Thing: { type: 'string' } },
  };
  const merged = mergeOpenApiV2(own, other, ['/apis/x/v1']);
  assert.deepEqual(merged['definitions'], {
    Thing: { type: 'object' },
    Thing_v2: { type: 'array' },
    Thing_v3: { type: 'string' },
  });
  assert.deepEqual(merged['paths'], { '/apis/x/v1': { get: ref('Thing_v3') } });
});
