import { runCommand } from '../command.ts';
import { bridge, gateway, nodeAddress, podAddressWithPrefix, serviceNetwork } from './addresses.ts';

/**
 * Links and namespaces, by `ip` (iproute2). All of it is inside the machine's network namespace: the
 * kernel takes it away with the last process.
 */
export interface PodLink {
  /** Of the network namespace, under /run/netns. */
  namespace: string;
  /** The end of the link on the bridge. */
  link: string;
  address: string;
}

/** Nothing answers at this hardware address: frames to it vanish, without an error to anyone. */
const nowhere = '02:00:00:00:00:01';

async function ip(lines: readonly string[], namespace?: string): Promise<void> {
  const where = namespace === undefined ? [] : ['-n', namespace];
  await runCommand('ip', [...where, '-batch', '-'], { input: `${lines.join('\n')}\n` });
}

/** Bridge, addresses of the nodes, and every Service address as a local one. */
export async function setUpMachineNetwork(nodeCount: number): Promise<void> {
  const nodes = Array.from({ length: nodeCount }, (_, i) => nodeAddress(i + 1));
  await ip([
    'link set lo up',
    `link add ${bridge} type bridge forward_delay 0 stp_state 0`,
    ...[gateway, ...nodes].map((a) => `addr add ${podAddressWithPrefix(a)} dev ${bridge}`),
    `link set ${bridge} up`,
    // AnyIP: the whole range is ours to listen on, address by address.
    `route add local ${serviceNetwork} dev lo`,
  ]);
}

/** One process for both ends: to start one from here costs more than what it does. */
export async function addPodLink({ namespace, link, address }: PodLink): Promise<void> {
  const outside = [
    `netns add ${namespace}`,
    `link add ${link} type veth peer name eth0 netns ${namespace}`,
    `link set ${link} master ${bridge} up`,
  ];
  const inside = [
    'link set lo up',
    `addr add ${podAddressWithPrefix(address)} dev eth0`,
    'link set eth0 up',
    `route add default via ${gateway}`,
  ];
  const batch = (lines: readonly string[]): string =>
    `-batch - <<'END'\n${lines.join('\n')}\nEND\n`;
  const script = `set -e\nip ${batch(outside)}ip -n ${namespace} ${batch(inside)}`;
  await runCommand('sh', ['-c', script]);
}

/** Takes the link with it. */
export async function removePodLink({ namespace, link }: PodLink): Promise<void> {
  // The namespace lives on while a process is in it; the link must not.
  await runCommand('ip', ['link', 'del', link]).catch(() => {});
  await runCommand('ip', ['netns', 'del', namespace]);
}

/** From now on, frames of this pod to `address` vanish. Call for both ends to cut both ways. */
export async function cutTowards(namespace: string | undefined, address: string): Promise<void> {
  const device = namespace === undefined ? bridge : 'eth0';
  await ip([`neigh replace ${address} lladdr ${nowhere} nud permanent dev ${device}`], namespace);
}

export async function healTowards(namespace: string | undefined, address: string): Promise<void> {
  const device = namespace === undefined ? bridge : 'eth0';
  await ip([`neigh del ${address} dev ${device}`], namespace);
}
