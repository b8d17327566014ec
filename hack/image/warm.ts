import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Runs once in an image that is being built: each program starts, works for a moment and ends, and
 * Node leaves what it compiled in NODE_COMPILE_CACHE. Needs nothing but the programs.
 */
const readyWithinMs = 60_000;
const workMs = 3_000;

const folder = mkdtempSync(join(tmpdir(), 'quorate-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

function start(program: string, ...args: string[]): ChildProcess {
  return spawn(process.execPath, [`dist/${program}.js`, ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

/** Only a program that ends by itself leaves what it compiled. */
async function end(program: ChildProcess): Promise<void> {
  if (program.exitCode === null) {
    program.kill('SIGTERM');
    await once(program, 'exit');
  }
  if (program.exitCode !== 0) throw new Error(`${program.spawnargs[1]} ended: see above`);
}

async function untilReady(server: ChildProcess): Promise<void> {
  const deadline = Date.now() + readyWithinMs;
  while (!(await isReady())) {
    if (server.exitCode !== null) throw new Error('the API server ended: see above');
    if (Date.now() > deadline) throw new Error('the API server is not ready after a minute');
    await sleep(100);
  }
}

function isReady(): Promise<boolean> {
  return new Promise((resolve) => {
    const url = `https://127.0.0.1:${port}/readyz`;
    get(url, { rejectUnauthorized: false, agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

async function freePort(): Promise<number> {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  listener.close();
  return port;
}

const port = await freePort();
const token = randomUUID();
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = file('sa.key', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
const server = start(
  'apiserver',
  '--etcd-servers=memory://',
  '--bind-address=127.0.0.1',
  '--advertise-address=127.0.0.1',
  `--secure-port=${port}`,
  `--cert-dir=${folder}`,
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-signing-key-file=${key}`,
  `--service-account-key-file=${key}`,
  `--token-auth-file=${file('tokens.csv', `${token},admin,admin,"system:masters"\n`)}`,
  '--authorization-mode=Node,RBAC',
);
await untilReady(server);
const kubeconfig = file(
  'kubeconfig',
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'here',
        cluster: { server: `https://127.0.0.1:${port}`, 'insecure-skip-tls-verify': true },
      },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'here', context: { cluster: 'here', user: 'admin' } }],
    'current-context': 'here',
  }),
);
const clients = [
  start(
    'controllers',
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--secure-port=0',
    `--service-account-private-key-file=${key}`,
  ),
  start(
    'operator',
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--metrics-bind-address=0',
    '--health-probe-bind-address=0',
  ),
];
await sleep(workMs);
for (const client of clients) await end(client);
await end(server);
// without its flags it says how it is used, and ends
spawnSync(process.execPath, ['dist/etcd-member.js'], { stdio: 'ignore' });
rmSync(folder, { recursive: true, force: true });
