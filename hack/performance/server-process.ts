import { spawnSync } from 'node:child_process';
import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ownPart } from '../image/own-part.ts';
import { bundlePrograms, programsFolder } from '../programs.ts';
import { type MeasuredServer, startMeasured } from './processes.ts';

const root = join(import.meta.dirname, '../..');

export interface MeasuredServerOptions {
  /** Arguments of Node.js before the program: `--cpu-prof`. */
  nodeArguments?: readonly string[];
  /** The program tells in which module of this project a function is; it is no other. */
  profiled?: boolean;
  /** Asked with a client certificate, not with a token. */
  certificate?: boolean;
}

/** As the operator sets it (operator/control-plane/desired/api-server.ts). */
export const allocator = {
  GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
  MALLOC_ARENA_MAX: '1',
  MALLOC_MMAP_THRESHOLD_: '2097152',
  MALLOC_TRIM_THRESHOLD_: '131072',
};

export const heapArguments = ['--max-semi-space-size=4'];

const codeFolder = join(root, '.cache/bench');

/** As the Containerfile does: what is shipped has its code with it. */
function warmPrograms(): void {
  const part = ownPart(join(programsFolder, 'apiserver.js'));
  if (globSync(`*/${part}.code`, { cwd: codeFolder }).length > 0) return;
  process.stderr.write('programs are started once, for their code\n');
  const { status, stderr } = spawnSync(process.execPath, [join(root, 'hack/image/warm.ts')], {
    cwd: root,
    env: { ...process.env, NODE_COMPILE_CACHE: codeFolder },
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`hack/image/warm.ts failed:\n${stderr}`);
}

/** Our API server, as it is shipped and as the operator starts it. */
export async function startMeasuredServer({
  nodeArguments = [],
  profiled = false,
  certificate = false,
}: MeasuredServerOptions = {}): Promise<MeasuredServer> {
  const programs = profiled ? join(root, '.cache/profiled') : programsFolder;
  await bundlePrograms(programs, { readable: profiled });
  if (!profiled) warmPrograms();
  const token = randomUUID();
  const server = await startMeasured(({ folder, etcd, port, authority }) => {
    mkdirSync(join(folder, 'certs'));
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
    writeFileSync(join(folder, 'sa.key'), key);
    writeFileSync(join(folder, 'tokens.csv'), `${token},bench,bench,"system:masters"\n`);
    return {
      command: process.execPath,
      words: [
        ...nodeArguments,
        ...heapArguments,
        join(programs, 'apiserver.js'),
        `--etcd-servers=${etcd}`,
        '--bind-address=127.0.0.1',
        '--advertise-address=127.0.0.1',
        `--secure-port=${port}`,
        `--cert-dir=${join(folder, 'certs')}`,
        `--client-ca-file=${authority}`,
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-signing-key-file=${join(folder, 'sa.key')}`,
        `--service-account-key-file=${join(folder, 'sa.key')}`,
        `--token-auth-file=${join(folder, 'tokens.csv')}`,
        '--authorization-mode=Node,RBAC',
        '--endpoint-reconciler-type=none',
      ],
      env: { ...allocator, NODE_COMPILE_CACHE: codeFolder },
      cwd: root,
    };
  });
  return certificate ? server : { ...server, credentials: { token } };
}
