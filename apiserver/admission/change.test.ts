import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pruneUnknown } from '../validation/prune.ts';
import { changeObject } from './change.ts';
import { admissionRequest, makeObject } from './request-double.ts';

test('a custom object keeps nothing of a change that could not be read back', async () => {
  const object = makeObject('Widget', 'a', { spec: { size: 1 } });
  const request = admissionRequest({ of: 'widgets', object });
  const spec = { type: 'object', properties: { size: { type: 'integer' } } } as const;
  const schema = { type: 'object', properties: { spec } } as const;
  Object.assign(request.resource, {
    custom: {
      prune: (pruned: object) => pruneUnknown(pruned as Record<string, unknown>, schema),
      applyDefaults: () => {},
    },
  });
  const changed = await changeObject(request, 'v1', { convert: undefined }, (seen) => {
    const metadata = { ...seen.metadata, labels: 7, bogus: 'x', annotations: { a: 'b' } };
    const next = { ...seen, metadata, spec: { size: 2, bogus: 1 }, bogus: {} };
    return next as unknown as typeof seen;
  });
  assert.equal(changed, true);
  const metadata = { name: 'a', namespace: 'ns', uid: 'uid-a', annotations: { a: 'b' } };
  assert.deepEqual(object, { apiVersion: 'v1', kind: 'Widget', metadata, spec: { size: 2 } });
});
