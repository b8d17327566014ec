import {
  chmodSync,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { KubeObject } from '../../../object/object.ts';

/**
 * A container's file system without an image: an empty root with the machine's own programs bound
 * into it, this checkout at /quorate, an /etc of its own, and the pod's volumes on top. Its folders
 * and files are made here; what is mounted on them is a table that one `mount` reads, in a shell
 * script that runs inside the container's new mount namespace and ends by becoming the container's
 * program, so that the process id known from outside is the program's. (A process for each mount
 * cost as much as the start of Node.)
 */
export interface RootSpec {
  /** Folder that becomes the root; what an earlier run left in it is removed. */
  folder: string;
  /** Folder with the pod's resolv.conf, hosts and hostname. */
  etc: string;
  checkout: string;
  /** The Node that runs this process. */
  node: string;
  mounts: readonly { source: string; target: string; readOnly: boolean }[];
  workingDir: string;
  hostname: string;
  command: readonly string[];
}

const boundFolders = ['bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32', 'usr', 'sys', 'dev'];
/** Parts of /etc that programs need and that are the same for every pod. */
const etcFolders = ['ssl', 'alternatives', 'ld.so.conf.d', 'ca-certificates'];
const etcFiles = [
  'passwd',
  'group',
  'nsswitch.conf',
  'ld.so.cache',
  'ld.so.conf',
  'localtime',
  'services',
  'protocols',
  'debian_version',
  'os-release',
];

/** What a host name may have at most, in the kernel and in DNS. */
const hostnameMost = 63;

/** As the kubelet names a pod's host: cut, and not ending in a separator. */
export function hostnameOf(pod: KubeObject): string {
  const name: string = pod['spec']?.hostname || (pod.metadata.name ?? '');
  return name.slice(0, hostnameMost).replace(/[-.]+$/, '');
}

export const containerPath =
  '/opt/quorate/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** For a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

interface Mount {
  source: string;
  target: string;
  /** Kind of file system; undefined binds `source`, and all that is mounted below it. */
  type?: string;
}

/** A field of fstab(5). */
function field(text: string): string {
  return text.replace(/[\s\\#]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
}

function isFolder(path: string): boolean {
  return statSync(path).isDirectory();
}

const ownFolders = ['tmp', 'var/tmp', 'var/lib', 'var/log', 'run', 'root', 'home', 'proc', 'etc'];
const everybodys = 0o1777;
const ownFiles = ['resolv.conf', 'hosts', 'hostname'];

/** Containers mount in namespaces of their own. Were one to leak, what it shows would be removed. */
function refuseMounted(root: string): void {
  const mounted = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .some((line) => line.split(' ')[4]?.startsWith(`${root}/`) === true);
  if (mounted) throw new Error(`${root} is in use: something is mounted below it`);
}

/** The root before anything is mounted on it; gives what of the machine is. */
function makeSkeleton(spec: RootSpec): Mount[] {
  const root = spec.folder;
  const mounts: Mount[] = [{ source: 'proc', target: '/proc', type: 'proc' }];
  const bind = (source: string, target: string): void => {
    if (isFolder(source)) mkdirSync(join(root, target), { recursive: true });
    else writeFileSync(join(root, target), '');
    mounts.push({ source, target });
  };
  refuseMounted(root);
  rmSync(root, { recursive: true, force: true });
  for (const name of ownFolders) mkdirSync(join(root, name), { recursive: true });
  for (const name of ['tmp', 'var/tmp']) chmodSync(join(root, name), everybodys);
  for (const name of boundFolders) {
    const path = `/${name}`;
    if (!existsSync(path)) continue;
    if (lstatSync(path).isSymbolicLink()) symlinkSync(readlinkSync(path), join(root, name));
    else bind(path, path);
  }
  for (const name of etcFiles) {
    if (existsSync(`/etc/${name}`)) copyFileSync(`/etc/${name}`, join(root, 'etc', name));
  }
  for (const name of etcFolders)
    if (existsSync(`/etc/${name}`)) bind(`/etc/${name}`, `/etc/${name}`);
  for (const name of ownFiles) bind(join(spec.etc, name), `/etc/${name}`);
  bind(spec.checkout, '/quorate');
  mkdirSync(join(root, 'opt/quorate/bin'), { recursive: true });
  bind(spec.node, '/opt/quorate/bin/node');
  return mounts;
}

/**
 * Makes the root's folders and files; gives the script, for `sh -c`. Throws when a volume's folder
 * is not there.
 */
export function makeRoot(spec: RootSpec): string {
  const root = spec.folder;
  const at = (path: string): string => quoted(join(root, path));
  const mounts = [...makeSkeleton(spec), ...spec.mounts.filter((m) => isFolder(m.source))];
  const table = `${root}.mounts`;
  const lines = mounts.map(({ source, target, type }: Mount) => {
    const options = type === undefined ? 'rbind,x-mount.mkdir' : 'defaults';
    return [source, join(root, target)]
      .map(field)
      .concat(type ?? 'none', options)
      .join(' ');
  });
  writeFileSync(table, `${lines.join('\n')}\n`);
  const script = ['set -e', `mount --all --fstab ${quoted(table)}`];
  for (const { source, target } of spec.mounts.filter((m) => !isFolder(m.source))) {
    // it may lie in a volume that is mounted by now
    script.push(`mkdir -p ${at(dirname(target))}`, `: > ${at(target)}`);
    script.push(`mount --bind ${quoted(source)} ${at(target)}`);
  }
  for (const { target, readOnly } of spec.mounts) {
    // by itself: a mount of its own keeps the flags (nosuid, nodev) that it may not lose
    if (readOnly) script.push(`mount -o remount,bind,ro ${at(target)}`);
  }
  const command = spec.command.map(quoted).join(' ');
  const folder = at(spec.workingDir);
  script.push(`hostname ${quoted(spec.hostname)}`, `[ -d ${folder} ] || mkdir -p ${folder}`);
  script.push(
    `exec chroot ${quoted(root)} /usr/bin/env -C ${quoted(spec.workingDir)} -- ${command}`,
  );
  return script.join('\n');
}
