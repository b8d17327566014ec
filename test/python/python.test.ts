import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { issueAuthority, issueCertificate } from '../../pki/certificate.ts';
import { type ApiServer, startApiServer } from '../../quorate.ts';
import { type SocketKubelet, startSocketKubelet } from '../harness/socket-kubelet.ts';

/** The Python client, as Debian has it, unmodified: cases/*.py against a server in this process. */
const python = '/usr/bin/python3';
const hourMs = 3_600_000;
const missing =
  process.env['CI'] !== 'true' && spawnSync(python, ['-c', 'import kubernetes']).status !== 0
    ? "needs the Python client (Debian's python3-kubernetes)"
    : false;

let server: ApiServer;
let kubelet: SocketKubelet;
const folder = mkdtempSync(join(tmpdir(), 'quorate-python-'));

before(async () => {
  const authority = await issueAuthority({ commonName: 'people', durationMs: hourMs });
  const leaf = await issueCertificate(authority, {
    subject: { commonName: 'admin', organizations: ['system:masters'] },
    usages: ['client auth'],
    durationMs: hourMs,
  });
  // what a watch asks for from long ago must be gone by then
  const flags = { 'client-ca-file': write('client-ca.crt', authority.certificatePem) };
  server = await startApiServer({ flags: { ...flags, 'etcd-compaction-interval': '1s' } });
  write('kubeconfig', server.kubeconfig);
  const config = JSON.parse(server.kubeconfig);
  config.users[0].user = {
    'client-certificate': write('admin.crt', leaf.certificatePem),
    'client-key': write('admin.key', leaf.privateKeyPem),
  };
  write('admin.kubeconfig', JSON.stringify(config));
  kubelet = await startSocketKubelet();
});
after(async () => {
  await server.stop();
  await kubelet.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

interface Case {
  name: string;
  failure: string | null;
}

/** Every case of cases/, in one interpreter: the client takes longer to load than they take. */
function runCases(): Promise<Case[]> {
  const env = {
    PATH: process.env['PATH'],
    HOME: folder,
    TMPDIR: folder,
    KUBECONFIG: join(folder, 'kubeconfig'),
    CREDENTIALS: folder,
    KUBELET_PORT: String(kubelet.port),
    PYTHONDONTWRITEBYTECODE: '1',
  };
  return new Promise((resolve, reject) => {
    const options = { env, timeout: 120_000, maxBuffer: 2 ** 26 };
    execFile(python, [join(import.meta.dirname, 'run.py')], options, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${error.message}\n${stderr}`));
      else resolve(JSON.parse(stdout) as Case[]);
    });
  });
}

test('the Python client', { skip: missing }, async (t) => {
  const cases = await runCases();
  assert.ok(cases.length > 20, `${cases.length} cases ran`);
  for (const { name, failure } of cases) {
    await t.test(name, () => assert.equal(failure, null, failure ?? ''));
  }
});
