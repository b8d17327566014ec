import { readFileSync } from 'node:fs';
import type { AgentOptions } from 'node:https';
import type { KubeObject } from '../../../object/object.ts';
import { badRequest, StatusError } from '../../../object/status-error.ts';
import type { ServerConfig } from '../../config.ts';
import type { Backend } from './backend.ts';

const kubeletPort = 10250;

/** Where a node's kubelet listens and how it is spoken to (pkg/kubelet/client). */
export type KubeletFinder = (node: KubeObject) => Backend;

/** Certificate files are read when a connection is made: rotated ones are used without a restart. */
export function makeKubeletFinder(config: ServerConfig['kubelet']): KubeletFinder {
  return (node) => ({
    scheme: 'https',
    connectTimeoutMs: config.timeoutMs,
    host: addressOf(node, config.addressTypes),
    port: node['status']?.daemonEndpoints?.kubeletEndpoint?.Port || kubeletPort,
    tls: tlsOf(config),
  });
}

function tlsOf(config: ServerConfig['kubelet']): AgentOptions {
  return {
    rejectUnauthorized: config.caFile !== '',
    ...(config.caFile === '' ? {} : { ca: readFileSync(config.caFile) }),
    ...(config.certFile === ''
      ? {}
      : { cert: readFileSync(config.certFile), key: readFileSync(config.keyFile) }),
  };
}

function addressOf(node: KubeObject, types: readonly string[]): string {
  const addresses: { type: string; address: string }[] = node['status']?.addresses ?? [];
  for (const type of types) {
    const found = addresses.find((address) => address.type === type);
    if (found !== undefined && found.address !== '') return found.address;
  }
  throw new StatusError(
    500,
    '',
    `no preferred addresses found; known addresses: [${addresses.map((a) => `{${a.type} ${a.address}}`).join(' ')}]`,
  );
}

/** The container meant: the one named, or the only one; else a 400 that lists them. */
export function containerOf(pod: KubeObject, asked: string | null): string {
  const spec = pod['spec'] ?? {};
  const names = (list: { name: string }[] | undefined): string[] =>
    (list ?? []).map((container) => container.name);
  const main = names(spec.containers);
  const all = [...names(spec.initContainers), ...main, ...names(spec.ephemeralContainers)];
  const name = pod.metadata.name ?? '';
  if (asked !== null && asked !== '') {
    if (all.includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  if (main.length === 1 && main[0] !== undefined) return main[0];
  const text = `a container name must be specified for pod ${name}`;
  throw badRequest(main.length === 0 ? text : `${text}, choose one of: [${all.join(' ')}]`);
}
