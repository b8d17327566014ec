import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StatusError } from '../../object/status-error.ts';
import { ResourceTable } from '../apis/resource-table.ts';
import type { RequestContext } from '../context.ts';
import { describeRequest } from '../request/describe.ts';
import type { Services } from '../verbs/services.ts';
import { makeRoute } from './route.ts';

let complete = false;
const route = makeRoute({
  resources: new ResourceTable(),
  services: {} as Services,
  paths: new Map([['/livez', ({ answer }) => assert.equal(answer, undefined)]]),
  prefixes: [],
  subresource: () => undefined,
  virtual: () => undefined,
  aggregated: () => false,
  complete: () => complete,
});

async function asked(path: string): Promise<RequestContext> {
  const info = describeRequest('GET', path, new URLSearchParams());
  const context = { info, method: 'GET', headers: {} } as RequestContext;
  await route.run(context);
  return context;
}

test('what nobody serves is asked for again until every path is known, and is not there then', async () => {
  const unknown = ['/apis/example.com/v1/namespaces/default/things', '/apis/example.com/v1', '/x'];
  for (const path of unknown) {
    await assert.rejects(asked(path), (error) => {
      assert.ok(error instanceof StatusError);
      assert.deepEqual([error.code, error.reason], [503, 'ServiceUnavailable']);
      assert.match(
        error.message,
        /before all known HTTP paths have been installed, please try again$/,
      );
      assert.equal(error.details?.retryAfterSeconds, 5);
      return true;
    });
  }
  await asked('/livez');
  complete = true;
  for (const path of unknown) assert.equal((await asked(path)).answer?.code, 404);
});
