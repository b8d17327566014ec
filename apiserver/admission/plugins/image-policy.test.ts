import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admissionRequest, makeObject } from '../request-double.ts';
import { makeImagePolicyWebhook } from './image-policy.ts';

const own = 'mycluster.image-policy.k8s.io/ticket';

function world(status: object | undefined, defaultAllow = false) {
  const clock = { ms: 0 };
  const asked: object[] = [];
  const plugin = makeImagePolicyWebhook({
    async post(body) {
      asked.push((body as { spec: object }).spec);
      if (status === undefined) throw new Error('no route to host');
      return { status };
    },
    allowTtlMs: 2000,
    denyTtlMs: 1000,
    defaultAllow,
    now: () => clock.ms,
  });
  const ask = async (subresource = '') => {
    const object = makeObject('Pod', 'p', {
      spec: {
        initContainers: [{ image: 'i' }],
        containers: [{ image: 'c' }],
        ephemeralContainers: [{ image: 'e' }],
      },
    });
    object.metadata.annotations = { [own]: '1', other: '2' };
    const request = admissionRequest({ of: 'pods', object, subresource });
    await plugin.validate?.(request);
    return request.annotations;
  };
  return { ask, asked, clock };
}

test('the service is asked about images, once in a while', async () => {
  const { ask, asked, clock } = world({ allowed: true, auditAnnotations: { by: 'x' } });
  assert.deepEqual(await ask(), { 'imagepolicywebhook.image-policy.k8s.io/by': 'x' });
  const spec = { annotations: { [own]: '1' }, namespace: 'ns' };
  assert.deepEqual(asked, [{ containers: [{ image: 'c' }, { image: 'i' }], ...spec }]);
  clock.ms += 1999;
  await ask();
  assert.equal(asked.length, 1);
  clock.ms += 1;
  await ask();
  assert.equal(asked.length, 2);
  await ask('ephemeralcontainers');
  assert.deepEqual(asked[2], { containers: [{ image: 'e' }], ...spec });
  await ask('status');
  assert.equal(asked.length, 3);
});

test('what it denies is forbidden, and what it does not answer, unless told otherwise', async () => {
  const refusals: [object | undefined, string][] = [
    [{ reason: 'old' }, 'image policy webhook backend denied one or more images: old'],
    [{ allowed: false }, 'one or more images rejected by webhook backend'],
    [undefined, 'no route to host'],
  ];
  for (const [status, why] of refusals) {
    await assert.rejects(world(status).ask(), {
      code: 403,
      message: `pods "p" is forbidden: ${why}`,
    });
  }
  const denied = world({}, true);
  await assert.rejects(denied.ask(), /rejected by webhook backend$/);
  denied.clock.ms += 999;
  await assert.rejects(denied.ask());
  assert.equal(denied.asked.length, 1);
  assert.deepEqual(await world(undefined, true).ask(), {
    'imagepolicywebhook.image-policy.k8s.io/failed-open': 'true',
  });
});
