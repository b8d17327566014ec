import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * The root folder of a container: the machine's programs and libraries bound in, the rest of its own.
 * What may be written is the container's alone; nothing of the machine is hidden or changed.
 */
export interface Mount {
  source: string;
  /** Absolute, as the container sees it. */
  target: string;
  readOnly: boolean;
}

export interface RootOptions {
  /** Where the root is to be; whatever is there is removed first. */
  path: string;
  /** The checkout, seen as /quorate. */
  checkout: string;
  /** The folder of the Node binary. */
  nodeFolder: string;
  files: Record<string, string>;
  mounts: readonly Mount[];
}

const nodeTarget = '/opt/node/bin';
export const containerPath = `${nodeTarget}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`;

/** Parts of the machine's /etc that programs need to run and to trust; bound if they are there. */
const machineFiles = [
  '/etc/ld.so.cache',
  '/etc/ld.so.conf',
  '/etc/ld.so.conf.d',
  '/etc/alternatives',
  '/etc/ssl',
  '/etc/ca-certificates',
  '/etc/localtime',
];
const etcFiles: Record<string, string> = {
  '/etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
  '/etc/group': 'root:x:0:\nnogroup:x:65534:\n',
  '/etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files dns\n',
};

/** Makes the folder and returns every mount it needs, in the order in which to make them. */
export function makeRoot(options: RootOptions): Mount[] {
  const { path, checkout, nodeFolder, files, mounts } = options;
  rmSync(path, { recursive: true, force: true });
  for (const folder of ['etc', 'tmp', 'root', 'run', 'var/tmp', 'var/log', 'proc', 'dev', 'sys']) {
    mkdirSync(join(path, folder), { recursive: true });
  }
  const fixed: Mount[] = [
    ...programs(path),
    { source: '/dev', target: '/dev', readOnly: false },
    ...machineFiles
      .filter((file) => existsSync(file))
      .map((file) => ({ source: file, target: file, readOnly: false })),
    { source: checkout, target: '/quorate', readOnly: false },
    { source: nodeFolder, target: nodeTarget, readOnly: false },
  ];
  // Parents before what is inside them.
  const all = [...fixed, ...mounts].sort((a, b) => depth(a.target) - depth(b.target));
  all.forEach((mount, i) => makeTarget(path, mount, all.slice(0, i)));
  for (const [file, content] of Object.entries({ ...etcFiles, ...files })) {
    if (all.some((mount) => mount.target === file)) continue;
    writeFileSync(join(path, file), content);
  }
  return all;
}

/** /usr, and /bin, /lib… as they are: links into /usr, or folders of their own. */
function programs(root: string): Mount[] {
  const mounts: Mount[] = [];
  for (const name of readdirSync('/')) {
    if (!/^(usr|bin|sbin|lib\d*|libx32)$/.test(name)) continue;
    const path = `/${name}`;
    if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), join(root, name));
    else mounts.push({ source: path, target: path, readOnly: false });
  }
  return mounts;
}

const depth = (path: string) => path.split('/').length;

/** The mount point, inside the root or inside the mount that covers that place. */
function makeTarget(root: string, { source, target }: Mount, earlier: readonly Mount[]): void {
  const covering = earlier
    .filter((m) => m.target !== target && target.startsWith(`${m.target}/`))
    .sort((a, b) => b.target.length - a.target.length)[0];
  const place =
    covering === undefined
      ? join(root, target)
      : join(covering.source, target.slice(covering.target.length));
  if (statSync(source).isDirectory()) {
    mkdirSync(place, { recursive: true });
  } else {
    mkdirSync(dirname(place), { recursive: true });
    if (!existsSync(place)) writeFileSync(place, '');
  }
}

export interface StartScriptOptions {
  root: string;
  mounts: readonly Mount[];
  hostname: string;
  workingDir: string;
  /** Options of the mount that holds the sources: a read-only view may not drop them. */
  lockedOptions: string;
}

/**
 * What the shell does in the container's fresh namespaces before it becomes the program, whose words
 * follow as the script's arguments.
 */
export function startScript(options: StartScriptOptions): string {
  const { root, mounts, hostname, workingDir, lockedOptions } = options;
  const lines = ['set -e', `hostname ${quote(hostname)}`];
  for (const { source, target, readOnly } of mounts) {
    const place = quote(join(root, target));
    lines.push(`mount --rbind ${quote(source)} ${place}`);
    if (readOnly) lines.push(`mount -o remount,bind,ro${lockedOptions} ${place}`);
  }
  lines.push(
    `mount -t proc proc ${quote(join(root, 'proc'))}`,
    `mkdir -p ${quote(join(root, workingDir))}`,
    `exec unshare --root=${quote(root)} --wd=${quote(workingDir)} "$@"`,
  );
  return lines.join('\n');
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** `,nosuid,nodev` of the mount that holds `path`, from the text of /proc/self/mountinfo. */
export function lockedMountOptions(mountinfo: string, path: string): string {
  let best = '';
  let options = '';
  for (const line of mountinfo.split('\n')) {
    const [, , , , point = '', flags = ''] = line.split(' ');
    const covers = point === '/' || path === point || path.startsWith(`${point}/`);
    if (point === '' || !covers || point.length < best.length) continue;
    best = point;
    options = flags;
  }
  const locked = options.split(',').filter((o) => ['nosuid', 'nodev', 'noexec'].includes(o));
  return locked.map((option) => `,${option}`).join('');
}
