import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** What the local mode needs of the machine that npm does not bring. */

/** Programs, and the Debian package each is in. */
const programs: Record<string, string> = {
  etcd: 'etcd-server',
  ip: 'iproute2',
  tini: 'tini',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  nsenter: 'util-linux',
  mount: 'mount',
};

/** An ordinary user's PATH lacks these on Debian. */
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** Sees to it that every program is there. Throws with what to do when one is missing. */
export function needPrograms(say: (text: string) => void): void {
  const path = (process.env.PATH ?? '').split(delimiter);
  process.env.PATH = [...path, ...systemFolders.filter((f) => !path.includes(f))].join(delimiter);
  const missing = missingPackages();
  if (missing.length === 0) return;
  if (process.getuid?.() !== 0) {
    throw new Error(
      `missing on this machine: ${missing.join(' ')}; install them with: sudo apt-get install -y ${missing.join(' ')}`,
    );
  }
  say(`installing ${missing.join(', ')} (apt-get)`);
  install(missing);
  const still = missingPackages();
  if (still.length > 0)
    throw new Error(`${still.join(' ')} installed, and its programs not in PATH`);
}

function missingPackages(): string[] {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const missing = Object.entries(programs).filter(
    ([program]) => !folders.some((folder) => existsSync(join(folder, program))),
  );
  return [...new Set(missing.map(([, name]) => name))];
}

function install(packages: readonly string[]): void {
  // Without lists, or with old ones, the install fails and says so.
  aptGet(['update']);
  if (aptGet(['install', '-y', '--no-install-recommends', ...packages]) !== 0) {
    throw new Error(`apt-get could not install ${packages.join(' ')}; its words are above`);
  }
  if (!packages.includes('etcd-server')) return;
  // Debian starts a server of its own, which nobody here needs.
  spawnSync('systemctl', ['disable', '--now', 'etcd'], { stdio: 'ignore' });
}

function aptGet(args: readonly string[]): number | null {
  const result = spawnSync('apt-get', ['-qq', ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' },
  });
  if (result.error !== undefined) throw new Error('apt-get is not there: not a Debian machine?');
  return result.status;
}

/** Throws with what to do when this user may not make the namespaces. */
export function needNamespaces(): void {
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? [] : ['--user', '--map-root-user'];
  const kinds = ['--net', '--mount', '--pid', '--ipc', '--uts', '--fork', '--mount-proc'];
  const result = spawnSync('unshare', [...user, ...kinds, 'true'], { encoding: 'utf8' });
  if (result.status === 0) return;
  const advice = asRoot
    ? 'in a container, it must be allowed to (privileged, or CAP_SYS_ADMIN and no seccomp profile)'
    : 'allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1, user.max_user_namespaces, and on Ubuntu kernel.apparmor_restrict_unprivileged_userns=0), or run as root';
  throw new Error(`namespaces cannot be made: ${result.stderr.trim()}\n  ${advice}`);
}
