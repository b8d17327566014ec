import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { ApiClient } from '../apiserver/verbs/api-client.ts';
import { type FakeKubelet, startFakeKubelet } from '../apiserver/verbs/connect/fake-kubelet.ts';
import { toolPath } from '../hack/tool.ts';

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

const modes = {
  WebSocket: {},
  SPDY: { KUBECTL_REMOTE_COMMAND_WEBSOCKETS: 'false', KUBECTL_PORT_FORWARD_WEBSOCKETS: 'false' },
};

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

function start(mode: keyof typeof modes, args: string[]) {
  const env = { ...process.env, KUBECONFIG: kubeconfig, ...modes[mode] };
  return spawn(toolPath('kubectl'), args, { env, stdio: 'pipe' });
}

async function kubectl(mode: keyof typeof modes, args: string[], input = ''): Promise<Ended> {
  const child = start(mode, args);
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (part) => (stdout += part));
  child.stderr.on('data', (part) => (stderr += part));
  child.stdin.end(input);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout, stderr };
}

for (const mode of ['WebSocket', 'SPDY'] as const) {
  describe(mode, () => {
    test('exec prints both outputs and brings the exit code back', async () => {
      const said = await kubectl(mode, ['exec', 'web', '--', 'say', 'a b']);
      assert.deepEqual(said, { code: 0, stdout: 'say a b\n', stderr: 'complaint\n' });
      const failed = await kubectl(mode, ['exec', 'web', '--', 'exit', '3']);
      assert.equal(failed.code, 3);
      assert.match(failed.stderr, /command terminated with exit code 3/);
    });

    test('exec -i: input reaches the command, and its end too', async () => {
      const input = 'line\n'.repeat(50_000);
      const { code, stdout } = await kubectl(mode, ['exec', '-i', 'web', '--', 'cat'], input);
      assert.deepEqual([code, stdout.length], [0, input.length]);
      // only what is passed on as it came carries the client's name
      const agent = kubelet.headers()['user-agent'];
      assert.equal(agent?.startsWith('kubectl') ?? false, mode === 'SPDY');
    });

    test('attach -i', async () => {
      const { stdout, stderr } = await kubectl(mode, ['attach', '-i', 'web'], 'hello');
      assert.match(stdout, /hello$/, stderr);
    });

    test('port-forward: two connections through one session', async () => {
      const child = start(mode, ['port-forward', 'web', ':8080', '-v=8']);
      let said = '';
      child.stderr.on('data', (part) => (said += part));
      try {
        const [line] = (await once(child.stdout, 'data')) as [Buffer];
        const port = Number(/127\.0\.0\.1:(\d+) -> 8080/.exec(line.toString())?.[1]);
        for (const text of ['one', 'two']) {
          const socket = connect(port, '127.0.0.1');
          socket.end(text);
          const parts: Buffer[] = [];
          for await (const part of socket) parts.push(part as Buffer);
          assert.equal(Buffer.concat(parts).toString(), `port 8080: ${text}`);
        }
        assert.doesNotMatch(said, /fallback/, 'the first way is the way asked for');
        assert.equal(/Sec-Websocket-Protocol/.test(said), mode === 'WebSocket');
        assert.match(kubelet.asked.at(-1) ?? '', /^POST \/portForward.* SPDY/);
      } finally {
        child.kill();
        await once(child, 'exit');
      }
    });
  });
}

test('logs and proxied paths', async () => {
  const { stdout } = await kubectl('WebSocket', ['logs', 'web', '--tail=3']);
  assert.equal(stdout, 'log tailLines=3\n');
  const raw = await kubectl('WebSocket', ['get', '--raw', '/api/v1/nodes/node-1/proxy/metrics']);
  assert.match(raw.stdout, /^GET \/metrics /);
});
