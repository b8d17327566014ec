import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApiClient, refused, stored } from '../verbs/api-client.ts';
import {
  type Answer,
  ConversionServer,
  define,
  host,
  hostDefinition,
  hostPath,
  hosts,
  type Json,
  moved,
  redefine,
  success,
  webhookConversion,
} from './conversion-fixture.ts';
import { Registry } from '../../metrics/registry.ts';
import { makeConversionWebhooks } from './conversion-webhook.ts';

let api: ApiClient;
let webhook: ConversionServer;
before(async () => {
  [api, webhook] = await Promise.all([ApiClient.start(), ConversionServer.start()]);
});
after(async () => {
  await api.stop();
  webhook.stop();
});

/** A definition with one object that is stored in v1 and was never seen in v2. */
async function defined(plural: string, client: Json, versions?: string[]): Promise<string> {
  webhook.answer = hosts;
  await define(api, hostDefinition(plural, webhookConversion(client, versions)));
  const object = host(plural, 'a', 'v1', { hostPort: 'x:1' });
  stored(await api.create(hostPath(plural, 'v1'), object), 201);
  return hostPath(plural, 'v2', 'a');
}

const each =
  (change: (converted: Json) => Json | undefined): Answer =>
  ({ request }) =>
    success(request.objects.map((object) => change(moved(object, request.desiredAPIVersion))));

test('what a webhook may not answer', async () => {
  const path = await defined('refused', webhook.client);
  const what = 'conversion webhook for example.com/v1, Kind=Refused';
  const called = `${what} failed: `;
  const object = `${what} returned invalid object`;
  const metadata = `${what} returned invalid metadata: `;
  const withMetadata = (more: unknown) =>
    each((one) => ({ ...one, metadata: { ...one['metadata'], ...(more as object) } }));
  const answers: [Answer, string | RegExp][] = [
    [() => ({ result: { status: 'Failure', message: 'not today' } }), `${called}not today`],
    [() => ({ result: {} }), `${called}response.result.status was '', not 'Success'`],
    [() => ({ uid: 'x', ...success([]) }), /failed: expected response.uid="[-0-9a-f]+", got "x"$/],
    [
      () => ({ kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1' }),
      `${called}no response provided`,
    ],
    [
      () => ({ kind: 'Foo', apiVersion: 'v1', response: {} }),
      `${called}no kind "Foo" is registered for version "v1" in scheme "k8s.io/apiserver/pkg/util/webhook/client.go:71"`,
    ],
    [
      () => 'rubbish',
      `${called}couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    ],
    [
      () => '{"a"',
      `${called}couldn't get version/kind; json parse error: unexpected end of JSON input`,
    ],
    [
      () => ({ kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1beta1' }),
      `${called}converting (v1beta1.ConversionReview) to (v1.ConversionReview): unknown conversion`,
    ],
    [
      () => ({ code: 400, kind: 'Status', apiVersion: 'v1', status: 'Failure', message: 'so' }),
      `${called}so`,
    ],
    [
      () => '',
      `${called}0-length response with status code: 200 and content type: application/json`,
    ],
    [() => ({ code: 404 }), `${called}the server could not find the requested resource`],
    [
      () => ({ code: 500 }),
      /failed: an error on the server \(.*\) has prevented the request from succeeding$/,
    ],
    [() => success([]), `${what} returned 0 objects, expected 1`],
    [
      () => success([{ apiVersion: 'example.com/v2' }]),
      `Object 'Kind' is missing in '{"apiVersion":"example.com/v2"}'`,
    ],
    [
      each((one) => ({ ...one, apiVersion: 'example.com/v1' })),
      `${object} at index 0: invalid groupVersion (expected example.com/v2, received example.com/v1)`,
    ],
    [
      each((one) => ({ ...one, kind: 'Other' })),
      `${object} at index 0: invalid kind (expected Refused, received Other)`,
    ],
    [withMetadata({ name: 'b' }), `${object}: must have the same name: a != b`],
    [withMetadata({ namespace: 'b' }), `${object}: must have the same namespace: default != b`],
    [withMetadata({ uid: 'b' }), /invalid object: must have the same UID: [-0-9a-f]+ != b$/],
    [
      withMetadata({ labels: 1 }),
      `${metadata}invalid metadata.labels of type int64 in converted object`,
    ],
    [
      withMetadata({ labels: { a: 1 } }),
      `${metadata}metadata.labels[a] must be a string, but is int64 in converted object`,
    ],
    [
      withMetadata({ labels: { 'a b': 'x' } }),
      /invalid metadata: metadata.labels: Invalid value: "a b": /,
    ],
  ];
  for (const [answer, message] of answers) {
    webhook.answer = answer;
    refused(await api.get(path), 500, undefined, message);
  }
  webhook.answer = each((one) => ({
    ...one,
    metadata: { ...one['metadata'], generation: 9, finalizers: ['x/y'], annotations: { a: 'b' } },
    unknown: 1,
  }));
  const read = stored(await api.get(path));
  assert.equal(read.metadata.generation, 1);
  assert.equal(read.metadata.finalizers, undefined);
  assert.deepEqual(read.metadata.annotations, { a: 'b' });
  assert.equal(read.unknown, undefined);
});

test('a webhook that fails fails every request that needs it, and no other', async () => {
  const path = await defined('failing', webhook.client);
  const v1 = hostPath('failing', 'v1', 'a');
  webhook.answer = () => ({ result: { status: 'Failure', message: 'no' } });
  const failed = /^conversion webhook for example.com\/v[12], Kind=Failing failed: no$/;
  const v2 = hostPath('failing', 'v2');
  refused(await api.get(v2), 500, undefined, failed);
  refused(await api.create(v2, host('failing', 'b', 'v2', { host: 'x' })), 500, undefined, failed);
  refused(await api.patch(path, 'merge', { spec: { host: 'y' } }), 500, undefined, failed);
  refused(
    await api.patch(`${path}/scale`, 'merge', { spec: { replicas: 1 } }),
    500,
    undefined,
    failed,
  );
  refused(await api.delete(path), 500, undefined, failed);
  const stream = await api.watch(`${v2}?watch=1`);
  const event = await stream.next();
  assert.deepEqual([event.type, event.object.code], ['ERROR', 500]);
  assert.match(event.object.message, failed);
  assert.equal(await stream.next(), undefined);
  stored(await api.patch(v1, 'merge', { spec: { hostPort: 'z:9' } }));
  // a stream that is under way ends where it cannot go on
  webhook.answer = hosts;
  const going = await api.watch(`${v2}?watch=1`);
  assert.deepEqual(await going.names(1), ['ADDED a']);
  webhook.answer = () => 'rubbish';
  stored(await api.patch(v1, 'merge', { spec: { hostPort: 'q:1' } }));
  assert.equal((await going.next()).type, 'ERROR');
  webhook.answer = hosts;
  assert.deepEqual(stored(await api.get(path)).spec, { host: 'q', port: 1 });
});

test('one that is down, one that nobody trusts, one that hangs; then they are put right', async () => {
  const down = new URL(webhook.client['url']);
  down.port = '1';
  const path = await defined('gone', { ...webhook.client, url: down.href });
  const called = 'conversion webhook for example.com/v1, Kind=Gone failed: ';
  refused(
    await api.get(path),
    500,
    undefined,
    `${called}Post "https://127.0.0.1:1/convert?timeout=30s": dial tcp 127.0.0.1:1: connect: connection refused`,
  );
  const conversion = (client: Json) => ({ conversion: webhookConversion(client) });
  const other = await ConversionServer.start();
  await redefine(
    api,
    'gone.example.com',
    conversion({ ...webhook.client, caBundle: other.caBundle }),
  );
  other.stop();
  refused(
    await api.get(path),
    500,
    undefined,
    `${called}Post "https://127.0.0.1:${webhook.port}/convert?timeout=30s": tls: failed to verify certificate: x509: certificate signed by unknown authority`,
  );
  webhook.answer = () => undefined;
  await redefine(api, 'gone.example.com', conversion(webhook.client));
  // a time-out has a Status without its kind
  const late = await api.get(`${path}?timeout=1s`);
  assert.deepEqual([late.code, late.body.reason], [504, 'Timeout']);
  assert.match(late.body.message, /did not complete within/);
  stored(await api.get(hostPath('gone', 'v1', 'a')));
  webhook.answer = hosts;
  // the one that hangs is still being asked for this object: another revision is another question
  stored(await api.patch(hostPath('gone', 'v1', 'a'), 'merge', { spec: { hostPort: 'y:2' } }));
  assert.deepEqual(stored(await api.get(path)).spec, { host: 'y', port: 2 });
});

test('a webhook behind a Service, and the review that its definition names', async () => {
  const service = { namespace: 'infra', name: 'convert', path: '/here', port: 8443 };
  const client = { service, caBundle: webhook.caBundle };
  const path = await defined('served', client, ['v1beta1', 'v1']);
  refused(
    await api.get(path),
    500,
    undefined,
    'conversion webhook for example.com/v1, Kind=Served failed: Post "https://convert.infra.svc:8443/here?timeout=30s": service "convert" not found',
  );
  stored(await api.create('/api/v1/namespaces', { metadata: { name: 'infra' } }), 201);
  const spec = {
    type: 'ExternalName',
    externalName: '127.0.0.1',
    ports: [{ port: 8443 }],
  };
  const at = { ...service, port: webhook.port };
  await redefine(api, 'served.example.com', {
    conversion: webhookConversion({ ...client, service: at }, ['v1beta1', 'v1']),
  });
  stored(
    await api.create('/api/v1/namespaces/infra/services', { metadata: { name: 'convert' }, spec }),
    201,
  );
  // v1beta1 never said which question it answers
  webhook.answer = (review) => ({
    kind: 'ConversionReview',
    apiVersion: review.apiVersion,
    response: { uid: 'other', ...(hosts(review) as Json) },
  });
  webhook.take();
  let read = await api.get(path);
  for (; read.code === 500 && /not found/.test(read.text); read = await api.get(path));
  assert.deepEqual(stored(read).spec, { host: 'x', port: 1 });
  const text = (await api.get('/metrics')).text;
  assert.match(
    text,
    /apiserver_crd_conversion_webhook_duration_seconds_count\{crd_name="served.example.com",from_version="",succeeded="true",to_version="v2"\} 1/,
  );
  assert.match(
    text,
    /apiserver_conversion_webhook_request_total\{failure_type="conversion_webhook_call_failure",result="failure"\} \d+/,
  );
});

test('time is up, and no more than some are asked at once', async () => {
  let asked = 0;
  let release = (): void => {};
  const waiting = new Promise<void>((resolve) => {
    release = resolve;
  });
  const make = makeConversionWebhooks(
    {
      async post(_client, _body, ms) {
        asked++;
        assert.equal(ms, 30_000);
        await waiting;
        throw new Error('Post "https://x": context deadline exceeded');
      },
      close() {},
    },
    new Registry(),
  );
  const convert = make({ definitionName: 'x', client: {}, conversionReviewVersions: ['v1'] });
  const object = { apiVersion: 'e/v1', kind: 'E', metadata: {} };
  const calls = Array.from({ length: 40 }, async () => convert([object], 'e/v2'));
  const settled = Promise.allSettled(calls);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(asked, 16);
  release();
  const results = await settled;
  assert.equal(asked, 40);
  for (const result of results) {
    assert.equal(
      (result as PromiseRejectedResult).reason.message,
      'Post "https://x": context deadline exceeded (Client.Timeout exceeded while awaiting headers)',
    );
  }
});
