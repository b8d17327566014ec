import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { ApiClient } from '../apiserver/verbs/api-client.ts';
import { type FakeKubelet, startFakeKubelet } from '../apiserver/verbs/connect/fake-kubelet.ts';
import { Kubectl } from './harness/kubectl.ts';

/** The real kubectl through an API server to a kubelet that speaks SPDY: over WebSocket and over SPDY. */
let api: ApiClient;
let kubelet: FakeKubelet;
const folder = mkdtempSync(join(tmpdir(), 'quorate-connect-'));
const kubeconfig = join(folder, 'kubeconfig');

before(async () => {
  api = await ApiClient.start();
  kubelet = await startFakeKubelet();
  writeFileSync(kubeconfig, api.server.kubeconfig);
  const status = {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: kubelet.port } },
  };
  await made('/api/v1/nodes', { kind: 'Node', metadata: { name: 'node-1' }, status });
  const namespace = '/api/v1/namespaces/default';
  await made(`${namespace}/serviceaccounts`, {
    kind: 'ServiceAccount',
    metadata: { name: 'default' },
  });
  const containers = [{ name: 'main', image: 'busybox', stdin: true }];
  const spec = { nodeName: 'node-1', containers };
  await made(`${namespace}/pods`, { kind: 'Pod', metadata: { name: 'web' }, spec });
  await api.patch(`${namespace}/pods/web/status`, 'merge', { status: { phase: 'Running' } });
});
after(async () => {
  await api.stop();
  await kubelet.close();
  rmSync(folder, { recursive: true, force: true });
});

async function made(path: string, body: object): Promise<void> {
  const reply = await api.create(path, { apiVersion: 'v1', ...body });
  assert.equal(reply.code, 201, reply.text);
}

for (const mode of ['WebSocket', 'SPDY'] as const) {
  describe(mode, () => {
    const kubectl = new Kubectl(kubeconfig, mode);
    test('exec prints both outputs and brings the exit code back', async () => {
      const said = await kubectl.run(['exec', 'web', '--', 'say', 'a b']);
      assert.deepEqual(said, { code: 0, stdout: 'say a b\n', stderr: 'complaint\n' });
      const failed = await kubectl.run(['exec', 'web', '--', 'exit', '3']);
      assert.equal(failed.code, 3);
      assert.match(failed.stderr, /command terminated with exit code 3/);
    });

    test('exec -i: input reaches the command, and its end too', async () => {
      const input = 'line\n'.repeat(50_000);
      const { code, stdout } = await kubectl.run(['exec', '-i', 'web', '--', 'cat'], input);
      assert.deepEqual([code, stdout.length], [0, input.length]);
      // only what is passed on as it came carries the client's name
      const agent = kubelet.headers()['user-agent'];
      assert.equal(agent?.startsWith('kubectl') ?? false, mode === 'SPDY');
    });

    test('attach -i', async () => {
      const { stdout, stderr } = await kubectl.run(['attach', '-i', 'web'], 'hello');
      assert.match(stdout, /hello$/, stderr);
    });

    test('port-forward: two connections through one session', async () => {
      const said = await kubectl.forward('web', 8080, async (port) => {
        for (const sent of ['one', 'two']) {
          const socket = connect(port, '127.0.0.1');
          socket.end(sent);
          assert.equal(await text(socket), `port 8080: ${sent}`);
        }
      });
      assert.doesNotMatch(said, /fallback/, 'the first way is the way asked for');
      assert.equal(/Sec-Websocket-Protocol/.test(said), mode === 'WebSocket');
      assert.match(kubelet.asked.at(-1) ?? '', /^POST \/portForward.* SPDY/);
    });
  });
}

test('logs and proxied paths', async () => {
  const { stdout } = await new Kubectl(kubeconfig, 'WebSocket').run(['logs', 'web', '--tail=3']);
  assert.equal(stdout, 'log tailLines=3\n');
  const raw = await new Kubectl(kubeconfig, 'WebSocket').run([
    'get',
    '--raw',
    '/api/v1/nodes/node-1/proxy/metrics',
  ]);
  assert.match(raw.stdout, /^GET \/metrics /);
});
