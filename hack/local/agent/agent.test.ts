import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import type { KubeObject } from '../../../object/object.ts';
import { issueAuthority, issueCertificate } from '../../../pki/certificate.ts';
import { InformerSet } from '../../../reconciler/informer-set.ts';
import { silent } from '../../../log/log.ts';
import { events } from '../../../reconciler/events.ts';
import { createMemoryCluster } from '../../../reconciler/memory-cluster.ts';
import { kubeletPort, nodeAddress } from '../network/addresses.ts';
import { claims, nodes, pods, secrets, volumes } from '../resources.ts';
import { type Agent, startAgent } from './agent.ts';
import { dialChannels } from './dial-channels.ts';
import { dialSpdy } from './dial-spdy.ts';
import { enterNamespaces } from './enter-namespaces.ts';

/** The agent with real processes, namespaces, links and mounts; only the API is in memory. */
await enterNamespaces();

const state = mkdtempSync(join(tmpdir(), 'quorate-agent-'));
const cluster = createMemoryCluster();
const hourMs = 3600_000;
const informers = new InformerSet(cluster, silent);
let agent: Agent;
let tls: { ca: string; cert: string; key: string };

before(async () => {
  const authority = await issueAuthority({ commonName: 'test', durationMs: hourMs });
  const leaf = (usage: 'server auth' | 'client auth') =>
    issueCertificate(authority, {
      subject: { commonName: usage },
      names: { ipAddresses: [nodeAddress(1), nodeAddress(2)] },
      usages: [usage],
      durationMs: hourMs,
    });
  const client = await leaf('client auth');
  tls = { ca: authority.certificatePem, cert: client.certificatePem, key: client.privateKeyPem };
  agent = await startAgent({
    cluster,
    informers,
    nodeCount: 2,
    state,
    log: silent,
    kubeletCertificate: await leaf('server auth'),
    clientCaPem: authority.certificatePem,
  });
  informers.start();
  await informers.synced();
});

after(async () => {
  await agent.stop(0);
  await informers.stop();
  rmSync(state, { recursive: true, force: true });
});

async function until<T>(what: string, look: () => T | undefined | false): Promise<T> {
  for (let i = 0; i < 1500; i += 1) {
    const found = look();
    if (found !== undefined && found !== false) return found;
    await sleep(20);
  }
  const seen = cluster.all(pods).map((p) => [p.metadata.name, p.status]);
  throw new Error(`${what} did not come true: ${JSON.stringify(seen)}`);
}

const podOf = (name: string): KubeObject | undefined =>
  cluster.all(pods).find((pod) => pod.metadata.name === name);

function statusOf(name: string) {
  return podOf(name)?.status?.containerStatuses?.[0];
}

const shell = (script: string, more: object = {}) => ({
  name: 'main',
  image: 'busybox:1.36',
  command: ['sh', '-c', script],
  ...more,
});

async function runPod(name: string, container: object, more: object = {}): Promise<void> {
  await cluster.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: {
      nodeName: 'local-1',
      terminationGracePeriodSeconds: 5,
      containers: [container],
      ...more,
    },
  });
}

const forever = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
const isReady = (name: string) => until(`${name} is ready`, () => statusOf(name)?.ready === true);

function ask(path: string, credentials: object = tls): Promise<{ code: number; body: string }> {
  return new Promise((resolve, reject) => {
    const target = { host: nodeAddress(1), port: kubeletPort, path, agent: false };
    const outgoing = request({ ...target, ...credentials }, (response) => {
      let body = '';
      response.on('data', (chunk) => {
        body += chunk;
      });
      response.on('end', () => resolve({ code: response.statusCode ?? 0, body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

const logsOf = async (name: string, query = '') =>
  (await ask(`/containerLogs/default/${name}/main?${query}`)).body;

/** Everything each channel brought, and the Status at the end. */
const stream = (path: string, input: readonly Buffer[] = []) =>
  dialChannels(tls, path, 'v5.channel.k8s.io', input);

const exec = (
  pod: string,
  command: readonly string[],
  query: string,
  input?: readonly Buffer[],
) => {
  const words = command.map((word) => `command=${encodeURIComponent(word)}`).join('&');
  return stream(`/exec/default/${pod}/main?${words}&output=1&error=1&${query}`, input);
};

test('nodes say that they are ready', () => {
  const found = cluster.all(nodes).map((n) => [n.metadata.name, n.status?.conditions?.[0]?.status]);
  assert.deepEqual(found, [
    ['local-1', 'True'],
    ['local-2', 'True'],
  ]);
});

test('a pod has its own address, name, process namespace and environment', async () => {
  const script = 'echo $(hostname) $POD_IP $GREETING $$$$ $(ls /); echo to-stderr >&2';
  const env = [
    { name: 'POD_IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
    { name: 'GREETING', value: 'hi-$(POD_IP)' },
  ];
  await runPod('whoami', shell(`${script}; ${forever}`, { env, workingDir: '/work' }));
  await isReady('whoami');
  const ip: string = podOf('whoami')?.status?.podIP;
  assert.match(ip, /^10\.244\.1\.\d+$/);
  const log = await until('it has written', () => {
    const text = readFileSync(join(folderOf('whoami'), 'logs/main-0.log'), 'utf8');
    return text.includes('to-stderr') ? text : undefined;
  });
  assert.match(log, new RegExp(`stdout F whoami ${ip} hi-${ip} 1 .*quorate.*work`));
  const onlyErrors = await logsOf('whoami', 'stream=Stderr');
  assert.equal(onlyErrors, 'to-stderr\n');
  assert.match(await logsOf('whoami', 'timestamps=true&tailLines=1'), /^\d{4}-.*Z to-stderr\n$/);
  assert.equal(await logsOf('whoami', 'limitBytes=6'), 'whoami');
  assert.equal((await ask('/containerLogs/default/whoami/main?previous=true')).code, 400);
});

function folderOf(name: string): string {
  return join(state, 'pods', podOf(name)?.metadata.uid ?? '');
}

test('pods reach each other, and a partition is silent until it is healed', async () => {
  await runPod('left', shell(forever));
  await runPod('right', shell(forever), { nodeName: 'local-2' });
  await Promise.all([isReady('left'), isReady('right')]);
  const address: string = podOf('right')?.status?.podIP;
  const dial = ['timeout', '1', 'bash', '-c', `: > /dev/tcp/${address}/4321`];
  const exitCode = async (): Promise<string | undefined> =>
    JSON.parse((await exec('left', dial, ''))[3] ?? '{}').details?.causes[0].message;
  const refused = async () => {
    while ((await exitCode()) !== '1') await sleep(20);
  };
  const from = [{ namespace: 'default', pod: 'right' }];
  await refused();
  await agent.faults({ kind: 'partition', namespace: 'default', pod: 'left', from });
  assert.equal(await exitCode(), '124', 'a cut link must look like silence, not like a refusal');
  await agent.faults({ kind: 'heal' });
  await refused();
});

test('a killed container comes back at once, the second time after a while', async () => {
  await runPod('fragile', shell(`echo run; ${forever}`));
  await isReady('fragile');
  // Ready without a probe means started: its first word may still be to come.
  while ((await logsOf('fragile', '')) !== 'run\n') await sleep(20);
  await agent.faults({ kind: 'kill', namespace: 'default', pod: 'fragile' });
  await until(
    'it runs again',
    () => statusOf('fragile')?.restartCount === 1 && statusOf('fragile').ready,
  );
  assert.equal(statusOf('fragile').lastState.terminated.exitCode, 137);
  assert.equal(await logsOf('fragile', 'previous=true'), 'run\n');
  await agent.faults({ kind: 'kill', namespace: 'default', pod: 'fragile' });
  const waiting = await until('it waits', () => statusOf('fragile')?.state?.waiting);
  assert.equal(waiting.reason, 'CrashLoopBackOff');
  assert.match(
    waiting.message,
    /^back-off 10s restarting failed container=main pod=fragile_default/,
  );
});

test('what a container starts ends with it', async () => {
  await runPod('parent', shell(`setsid sleep 54321 & ${forever}`));
  await isReady('parent');
  const sleeper = () => readProcesses().some((command) => command.startsWith('sleep\u000054321'));
  await until('the child runs', sleeper);
  await agent.faults({ kind: 'kill', namespace: 'default', pod: 'parent' });
  await until('the container is started anew', () => statusOf('parent')?.restartCount === 1);
  await cluster.update(pods, ended('parent', 0));
  await until('the pod is gone', () => podOf('parent') === undefined);
  await until('so is the child', () => !sleeper());
});

function readProcesses(): string[] {
  return readdirSync('/proc').map((name) => {
    try {
      return /^\d+$/.test(name) ? readFileSync(`/proc/${name}/cmdline`, 'utf8') : '';
    } catch {
      return '';
    }
  });
}

function ended(name: string, graceSeconds: number): KubeObject {
  const pod = podOf(name);
  assert.ok(pod !== undefined);
  const metadata = {
    ...pod.metadata,
    deletionTimestamp: new Date().toISOString(),
    deletionGracePeriodSeconds: graceSeconds,
  };
  return { ...pod, metadata };
}

test('a pod ends gracefully: hook, SIGTERM, then it is taken from the API', async () => {
  const preStop = { exec: { command: ['sh', '-c', 'echo hook >> /data/story'] } };
  const claimed = join(state, 'volumes', 'pv-1');
  await makeClaim('pv-1');
  await runPod(
    'graceful',
    shell('trap "echo term >> /data/story; exit 0" TERM; while :; do sleep 0.1; done', {
      lifecycle: { preStop },
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
    }),
    { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }] },
  );
  await isReady('graceful');
  const folder = folderOf('graceful');
  await cluster.update(pods, ended('graceful', 5));
  await until('the pod is gone', () => podOf('graceful') === undefined && !existsSync(folder));
  assert.equal(readFileSync(join(claimed, 'story'), 'utf8'), 'hook\nterm\n');
});

async function makeClaim(volumeName: string): Promise<void> {
  mkdirSync(join(state, 'volumes', volumeName), { recursive: true });
  await cluster.create(volumes, {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: volumeName },
    spec: {},
  });
  await cluster.create(claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'data', namespace: 'default' },
    spec: { volumeName },
    status: { phase: 'Bound' },
  });
}

test('a pod waits for its Secret, sees changes of it, and cannot write it', async () => {
  await runPod(
    'reader',
    shell(forever, { volumeMounts: [{ name: 's', mountPath: '/etc/s', readOnly: true }] }),
    { volumes: [{ name: 's', secret: { secretName: 'late' } }] },
  );
  await until('it says so', () => cluster.calls.some((call) => call.startsWith('create events')));
  assert.equal(statusOf('reader')?.ready ?? false, false);
  const data = (text: string) => ({ key: Buffer.from(text).toString('base64') });
  const secret = {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'late', namespace: 'default' },
  };
  const made = await cluster.create(secrets, { ...secret, data: data('one') });
  await isReady('reader');
  assert.equal((await exec('reader', ['cat', '/etc/s/key'], ''))[1], 'one');
  await cluster.update(secrets, { ...made, data: data('two') });
  const file = join(folderOf('reader'), 'volumes/s/key');
  await until('the file has changed', () => readFileSync(file, 'utf8') === 'two');
  assert.equal((await exec('reader', ['cat', '/etc/s/key'], ''))[1], 'two');
  const write = await exec('reader', ['sh', '-c', 'echo x > /etc/s/new'], '');
  assert.match(write[2] ?? '', /Read-only file system/);
});

test('probes decide readiness, and restart what does not answer', async () => {
  const readinessProbe = { exec: { command: ['test', '-e', '/tmp/ready'] }, periodSeconds: 1 };
  const livenessProbe = {
    exec: { command: ['test', '!', '-e', '/tmp/dead'] },
    periodSeconds: 1,
    failureThreshold: 1,
  };
  await runPod('probed', shell(forever, { readinessProbe, livenessProbe }));
  await until('it runs', () => statusOf('probed')?.state?.running !== undefined);
  assert.equal(statusOf('probed').ready, false);
  await exec('probed', ['touch', '/tmp/ready'], '');
  await isReady('probed');
  await exec('probed', ['touch', '/tmp/dead'], '');
  await until('it was restarted', () => statusOf('probed')?.restartCount === 1);
});

test('what cannot be done is said by name', async () => {
  const reasonOf = async (name: string) =>
    (await until(name, () => {
      const waiting = statusOf(name)?.state?.waiting;
      return waiting?.message === undefined ? undefined : waiting;
    })) as { reason: string; message: string };
  await runPod('foreign', { name: 'main', image: 'nginx:1.29' });
  assert.equal((await reasonOf('foreign')).reason, 'ErrImagePull');
  await runPod('grpc', shell(forever, { readinessProbe: { grpc: { port: 1 } } }));
  assert.match((await reasonOf('grpc')).message, /^readinessProbe.grpc is not supported/);
  await runPod(
    'no-key',
    shell(forever, {
      env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'absent', key: 'k' } } }],
    }),
  );
  assert.deepEqual(await reasonOf('no-key'), {
    reason: 'CreateContainerConfigError',
    message: 'secret "absent" not found',
  });
});

test('init containers run before the others, one after another, to success', async () => {
  const mounts = { volumeMounts: [{ name: 'shared', mountPath: '/shared' }] };
  const init = (name: string, script: string) => ({ ...shell(script, mounts), name });
  await runPod('staged', shell(`cat /shared/story; ${forever}`, mounts), {
    volumes: [{ name: 'shared', emptyDir: {} }],
    initContainers: [
      init('first', 'echo first >> /shared/story'),
      init('second', 'echo second >> /shared/story'),
    ],
  });
  await isReady('staged');
  let story = '';
  while (story.split('\n').length < 3) story = await logsOf('staged');
  assert.equal(story, 'first\nsecond\n');
});

test('a pod that is not to be restarted succeeds or fails for good', async () => {
  await runPod('job', shell('exit 0'), { restartPolicy: 'Never' });
  await runPod('failed-job', shell('exit 3'), { restartPolicy: 'Never' });
  await until('one succeeds', () => podOf('job')?.status?.phase === 'Succeeded');
  await until('one fails', () => podOf('failed-job')?.status?.phase === 'Failed');
  assert.equal(statusOf('failed-job').state.terminated.exitCode, 3);
});

test('a pod that is active for longer than it may be has failed, and stays', async () => {
  await runPod('slow', shell(forever), { activeDeadlineSeconds: 1 });
  await until('it failed', () => podOf('slow')?.status?.reason === 'DeadlineExceeded');
});

test('exec: input, both outputs, exit code, and a terminal of a given size', async () => {
  await runPod('host', shell(forever));
  await isReady('host');
  const input = [Buffer.from('\0typed\n'), Buffer.from([255, 0])];
  const plain = await exec('host', ['sh', '-c', 'cat; echo err >&2; exit 3'], 'input=1', input);
  assert.equal(plain[1], 'typed\n');
  assert.equal(plain[2], 'err\n');
  assert.equal(JSON.parse(plain[3] ?? '{}').details.causes[0].message, '3');
  const size = Buffer.concat([Buffer.from([4]), Buffer.from('{"Width":77,"Height":22}')]);
  const script = 'until stty size | grep "22 77"; do sleep 0.05; done; tty';
  const terminal = await exec('host', ['sh', '-c', script], 'input=1&tty=1', [size]);
  assert.match(terminal[1] ?? '', /22 77\r\n.*\/dev\/pts\/\d+\r\n/s);
});

test('attach brings what is written from now on, and refuses a terminal', async () => {
  await runPod('talker', shell('while :; do echo tick; sleep 0.05; done'));
  await isReady('talker');
  const url = `wss://${nodeAddress(1)}:${kubeletPort}/attach/default/talker/main?output=1`;
  const ws = new WebSocket(url, ['v5.channel.k8s.io'], tls);
  const first = await new Promise<Buffer>((resolve, reject) => {
    ws.once('message', (data: Buffer) => resolve(data));
    ws.once('error', reject);
  });
  ws.terminate();
  assert.equal(first.toString(), '\u0001tick\n');
  await assert.rejects(stream('/attach/default/talker/main?tty=1'), /400/);
  assert.equal((await ask('/portForward/default/talker?port=80')).code, 400);
});

test('the same over SPDY', async () => {
  await runPod('spdy', shell(forever));
  await isReady('spdy');
  const script = encodeURIComponent('cat; echo err >&2; exit 3');
  const words = `command=sh&command=-c&command=${script}`;
  const path = `/exec/default/spdy/main?${words}&input=1&output=1&error=1`;
  const connection = await dialSpdy(tls, path, 'v4.channel.k8s.io');
  const open = (streamtype: string) => connection.open({ streamtype });
  const [error, stdin] = [await open('error'), await open('stdin')];
  const [stdout, stderr] = [await open('stdout'), await open('stderr')];
  stdin.end('typed\n');
  const [out, complaint, status] = await Promise.all([stdout, stderr, error].map(text));
  assert.deepEqual([out, complaint], ['typed\n', 'err\n']);
  assert.equal(JSON.parse(status ?? '').details.causes[0].message, '3');
  await connection.closed;
});

test('a port is forwarded to the loopback of the pod, and a closed one says why', async () => {
  const serve = `require('net').createServer((s) => s.end('from the pod')).listen(8080, '127.0.0.1')`;
  await runPod('listener', { name: 'main', image: 'node', command: ['node', '-e', serve] });
  await isReady('listener');
  const connection = await dialSpdy(tls, '/portForward/default/listener', 'portforward.k8s.io');
  const through = async (port: string, requestid: string) => {
    const error = await connection.open({ streamtype: 'error', port, requestid });
    const data = await connection.open({ streamtype: 'data', port, requestid });
    error.end();
    data.end();
    return Promise.all([text(data), text(error)]);
  };
  let answer = await through('8080', '0');
  for (let i = 1; answer[0] === '' && i < 100; i++) answer = await through('8080', String(i));
  assert.deepEqual(answer, ['from the pod', '']);
  const [, why] = await through('9', 'closed');
  assert.match(why, /^error forwarding port 9 to pod: connect ECONNREFUSED 127\.0\.0\.1:9$/);
  connection.destroy();
  const forwarded = '/portForward/default/listener?port=';
  const ports = await dialChannels(tls, `${forwarded}8080,9`, 'v4.channel.k8s.io');
  assert.deepEqual([ports[0], ports[1]], ['\x90\x1ffrom the pod', '\x90\x1f']);
  assert.equal(ports[3], `\t\0${why}`);
  await assert.rejects(dialChannels(tls, forwarded, 'v4.channel.k8s.io'), /400/);
});

test('the kubelet answers no one without a certificate of its CA', async () => {
  await assert.rejects(ask('/healthz', { ca: tls.ca }));
  assert.equal((await ask('/healthz')).body, 'ok');
});

test('a wiped volume is empty when the container comes back', async () => {
  writeFileSync(join(state, 'volumes', 'pv-1', 'left-over'), 'x');
  await runPod(
    'keeper',
    shell(`ls /data > /tmp/seen; ${forever}`, {
      volumeMounts: [{ name: 'd', mountPath: '/data' }],
    }),
    { volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'data' } }] },
  );
  await isReady('keeper');
  await agent.faults({ kind: 'wipe', namespace: 'default', pod: 'keeper' });
  await until(
    'it is back',
    () => statusOf('keeper')?.restartCount === 1 && statusOf('keeper').ready,
  );
  assert.equal((await exec('keeper', ['cat', '/tmp/seen'], ''))[1] ?? '', '');
});

test('what a local node cannot give is refused or told, by name', async () => {
  await runPod('asks-host', shell(forever), { hostNetwork: true, hostPID: true });
  const refused = await until('it failed', () => {
    const status = podOf('asks-host')?.status;
    return status?.phase === 'Failed' && status;
  });
  assert.equal(refused.reason, 'UnsupportedPodSpec');
  assert.equal(
    refused.message,
    'Pod was rejected: a local node does not support spec.hostNetwork, spec.hostPID',
  );
  const confined = shell(forever, {
    resources: { limits: { memory: '1Gi' } },
    securityContext: { readOnlyRootFilesystem: true },
    terminationMessagePolicy: 'FallbackToLogsOnError',
  });
  await runPod('asks-confinement', confined, {
    volumes: [{ name: 'fast', emptyDir: { medium: 'Memory' } }],
  });
  await isReady('asks-confinement');
  const told = await until('it is told', () =>
    cluster.all(events).find(({ reason }) => reason === 'NotEnforced'),
  );
  assert.equal(
    told.message,
    'without effect on a local node: resources.limits, securityContext, terminationMessagePolicy, volumes.emptyDir.medium',
  );
});
