import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:http2';
import { Agent, request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { generateKeys } from '../pki/certificate.ts';

/**
 * A server that is told to stop answers what it has taken: SIGTERM under load, over HTTP/1.1 and
 * HTTP/2. A client may find the door closed; it never loses a request it got in.
 */
const checkout = join(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'quorate-shutdown-'));
const token = 'shutdown-test';
let server: ChildProcess;
let port = 0;

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

function get(agent: Agent, path: string): Promise<{ code: number; error: string }> {
  return new Promise((resolve) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        path,
        agent,
        rejectUnauthorized: false,
        headers: { authorization: `Bearer ${token}` },
      },
      (response) => {
        response.resume();
        response.on('end', () => resolve({ code: response.statusCode ?? 0, error: '' }));
        response.on('error', (error) => resolve({ code: 0, error: error.message }));
      },
    );
    outgoing.on('error', (error: NodeJS.ErrnoException) =>
      resolve({
        code: 0,
        error: outgoing.reusedSocket ? 'kept connection was closed' : (error.code ?? error.message),
      }),
    );
    outgoing.end();
  });
}

before(async () => {
  port = await freePort();
  const keys = await generateKeys();
  writeFileSync(join(folder, 'sa.key'), keys.privateKeyPem);
  writeFileSync(join(folder, 'tokens.csv'), `${token},admin,admin,"system:masters"\n`);
  server = spawn(
    process.execPath,
    [
      'apiserver/main.ts',
      '--etcd-servers=memory://',
      '--bind-address=127.0.0.1',
      '--advertise-address=127.0.0.1',
      `--secure-port=${port}`,
      `--cert-dir=${join(folder, 'certs')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
      `--token-auth-file=${join(folder, 'tokens.csv')}`,
      '--authorization-mode=RBAC',
      '--endpoint-reconciler-type=none',
    ],
    { cwd: checkout, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  server.stderr?.resume();
  const agent = new Agent({ keepAlive: false });
  for (let i = 0; i < 300; i++) {
    if ((await get(agent, '/readyz')).code === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('the server did not become ready');
});

after(() => {
  server.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

test('SIGTERM under load loses no request that was taken', async () => {
  const path = '/apis/rbac.authorization.k8s.io/v1/clusterroles';
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const failures = new Map<string, number>();
  let answered = 0;
  let stopping = false;
  const note = (error: string): void => void failures.set(error, (failures.get(error) ?? 0) + 1);

  const http1 = Array.from({ length: 8 }, async () => {
    for (;;) {
      const { code, error } = await get(agent, path);
      if (code === 200) answered += 1;
      // nobody is there any more, or the connection was idle: such a request was never taken
      else if (stopping && (error === 'ECONNREFUSED' || error === 'kept connection was closed'))
        return;
      else if (stopping && error === 'ECONNRESET') return;
      else return note(`http/1.1: ${code} ${error}`);
    }
  });

  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false });
  let goaway = false;
  session.on('goaway', () => {
    goaway = true;
  });
  session.on('error', (error) => note(`http/2 session: ${error.message}`));
  const http2 = Array.from({ length: 8 }, async () => {
    while (!session.closed && !session.destroyed && !goaway) {
      const stream = session.request({ ':path': path, authorization: `Bearer ${token}` });
      const code = await new Promise<number>((resolve) => {
        stream.on('response', (headers) => {
          stream.resume();
          stream.on('end', () => resolve(Number(headers[':status'])));
        });
        stream.on('error', () => resolve(goaway || stopping ? -1 : 0));
        stream.on('close', () => resolve(goaway || stopping ? -1 : 0));
      });
      if (code === 200) answered += 1;
      else if (code === 0) note('http/2: the stream was lost');
      else return;
    }
  });

  await new Promise((resolve) => setTimeout(resolve, 1_000));
  stopping = true;
  server.kill('SIGTERM');
  const [code] = (await once(server, 'exit')) as [number | null];
  await Promise.all([...http1, ...http2]);
  agent.destroy();
  session.destroy();
  assert.equal(code, 0);
  assert.ok(answered > 20, `only ${answered} requests were answered`);
  assert.deepEqual([...failures], []);
});
