import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { enableCompileCache, getCompileCacheDir } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, startEtcd } from './etcd.ts';
import { ownPart } from './own-part.ts';
import { work } from './work.ts';

/**
 * Runs once in an image that is being built, in the folder that holds `dist`: etcd and each program start, work for a
 * moment and end, and what was compiled is left in NODE_COMPILE_CACHE. Needs nothing but the programs and etcd.
 */
const readyWithinMs = 60_000;
const keptWithinMs = 120_000;

const folder = mkdtempSync(join(tmpdir(), 'quorate-'));
const file = (name: string, text: string): string => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

/** Nothing is left running, whatever goes wrong. */
function started(child: ChildProcess): ChildProcess {
  process.on('exit', () => child.kill('SIGKILL'));
  return child;
}

function start(program: string, ...args: string[]): ChildProcess {
  const argv = [`dist/${program}.js`, ...args];
  return started(spawn(process.execPath, argv, { stdio: ['ignore', 'ignore', 'inherit'] }));
}

/** Only a program that ends by itself leaves what it compiled. */
async function end(program: ChildProcess): Promise<void> {
  if (program.exitCode === null) {
    program.kill('SIGTERM');
    await once(program, 'exit');
  }
  if (program.exitCode !== 0) throw new Error(`${program.spawnargs[1]} ended: see above`);
}

async function until(
  what: string,
  program: ChildProcess,
  withinMs: number,
  holds: () => Promise<boolean> | boolean,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await holds())) {
    if (program.exitCode !== null) throw new Error(`${program.spawnargs[1]} ended: see above`);
    if (Date.now() > deadline) throw new Error(`${what}: not after ${withinMs / 1000} s`);
    await sleep(100);
  }
}

const codeFolder = (): string => getCompileCacheDir() ?? '';

function isKept(program: string): boolean {
  return existsSync(join(codeFolder(), `${ownPart(`dist/${program}.js`)}.code`));
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

if (enableCompileCache().directory === undefined) throw new Error('NODE_COMPILE_CACHE is not set');
const port = await freePort();
const etcd = await startEtcd(folder);
started(etcd.child);
const token = randomUUID();
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = file('sa.key', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string);
const server = start(
  'apiserver',
  `--etcd-servers=${etcd.url}`,
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
await until('the API server is ready', server, readyWithinMs, isReady);
// of its main parts the start alone: with all that requests call it has 3 MB more at rest
await until("the API server's code is kept", server, keptWithinMs, () => isKept('apiserver'));
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
await work({ port, token });
await until('all code is kept', server, keptWithinMs, () => {
  const late = globSync('{admission,openapi-v3}-*.code', { cwd: codeFolder() });
  return isKept('controllers') && isKept('operator') && late.length >= 2;
});
for (const client of clients) await end(client);
await end(server);
etcd.child.kill('SIGKILL');
await once(etcd.child, 'exit');
// without its flags it says how it is used, and ends
spawnSync(process.execPath, ['dist/etcd-member.js'], { stdio: 'ignore' });
rmSync(folder, { recursive: true, force: true });
