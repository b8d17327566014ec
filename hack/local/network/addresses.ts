/**
 * The addresses of one local instance. All of it is inside the instance's own network namespace, so
 * instances and the machine's own networks never meet; nothing here needs to be configurable.
 */
export const bridge = 'quorate0';
/** The bridge's own address: the pods' gateway and where the management API server listens. */
export const gateway = '10.244.0.1';
const podPrefixLength = 16;
export const serviceNetwork = '10.96.0.0/16';
/** First of the range, as upstream. */
export const kubernetesService = '10.96.0.1';
export const dnsAddress = '10.96.0.10';
export const clusterDomain = 'cluster.local';
export const kubeletPort = 10250;
/** More would not fit beside the nodes' addresses, and no one machine needs them. */
export const maxNodes = 50;

export const podAddressWithPrefix = (address: string) => `${address}/${podPrefixLength}`;

/** `index` counts from 1. */
export function nodeAddress(index: number): string {
  return `10.244.0.${10 + index}`;
}

export function nodePodNetwork(index: number): string {
  return `10.244.${index}.0/24`;
}

/** Hands out 10.244.<node>.2 to .254; freed addresses are the last to be reused. */
export class AddressPool {
  readonly #free: string[];
  readonly #taken = new Set<string>();

  constructor(nodeIndex: number) {
    this.#free = Array.from({ length: 253 }, (_, i) => `10.244.${nodeIndex}.${i + 2}`);
  }

  /** Undefined when all are taken. `wanted` is given if it is free. */
  take(wanted?: string): string | undefined {
    const at = wanted === undefined ? 0 : Math.max(0, this.#free.indexOf(wanted));
    const [address] = this.#free.splice(at, 1);
    if (address !== undefined) this.#taken.add(address);
    return address;
  }

  release(address: string): void {
    if (this.#taken.delete(address)) this.#free.push(address);
  }
}
