import { existsSync, lstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../../object/object.ts';

/**
 * A container's file system without an image: an empty root with the machine's own programs bound
 * into it, this checkout at /quorate, an /etc of its own, and the pod's volumes on top. Made by a
 * shell script that runs inside the container's new mount namespace and ends by becoming the
 * container's program, so that the process id known from outside is the program's.
 */
export interface RootSpec {
  /** Empty folder that becomes the root. */
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

/** The script, for `sh -c`. Pure but for looking at what the machine has. */
export function rootScript(spec: RootSpec): string {
  const root = spec.folder;
  const at = (path: string): string => quoted(join(root, path));
  const lines = [
    'set -e',
    `mount -t tmpfs -o mode=755 quorate ${quoted(root)}`,
    `cd ${quoted(root)}`,
  ];
  lines.push('mkdir -p etc tmp var/tmp var/lib var/log run root home quorate opt/quorate/bin');
  lines.push('chmod 1777 tmp var/tmp', `hostname ${quoted(spec.hostname)}`);
  for (const name of boundFolders) {
    if (!existsSync(`/${name}`)) continue;
    if (lstatSync(`/${name}`).isSymbolicLink()) {
      lines.push(`ln -s ${quoted(readlinkSync(`/${name}`))} ${name}`);
    } else {
      lines.push(`mkdir ${name}`, `mount --rbind /${name} ${name}`);
    }
  }
  lines.push('mkdir proc', 'mount -t proc proc proc');
  const files = etcFiles.filter((name) => existsSync(`/etc/${name}`)).map((name) => `/etc/${name}`);
  if (files.length > 0) lines.push(`cp -L ${files.join(' ')} etc/`);
  for (const name of etcFolders) {
    if (existsSync(`/etc/${name}`))
      lines.push(`mkdir etc/${name}`, `mount --bind /etc/${name} etc/${name}`);
  }
  for (const name of ['resolv.conf', 'hosts', 'hostname']) {
    lines.push(`: > etc/${name}`, `mount --bind ${quoted(join(spec.etc, name))} etc/${name}`);
  }
  lines.push(`mount --rbind ${quoted(spec.checkout)} quorate`);
  lines.push(`: > opt/quorate/bin/node`, `mount --bind ${quoted(spec.node)} opt/quorate/bin/node`);
  for (const { source, target, readOnly } of spec.mounts) {
    const where = at(target);
    lines.push(
      `if [ -d ${quoted(source)} ]; then mkdir -p ${where}; else mkdir -p "$(dirname ${where})"; : > ${where}; fi`,
      `mount --rbind ${quoted(source)} ${where}`,
    );
    if (readOnly) lines.push(`mount -o remount,bind,ro ${where}`);
  }
  const command = spec.command.map(quoted).join(' ');
  lines.push(`mkdir -p ${at(spec.workingDir)}`);
  lines.push(
    `exec chroot ${quoted(root)} /usr/bin/env -C ${quoted(spec.workingDir)} -- ${command}`,
  );
  return lines.join('\n');
}
