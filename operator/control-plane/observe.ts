import { createHash } from 'node:crypto';
import { type ControlPlane, parseControlPlane } from '../../crds/control-plane.ts';
import type { KubeObject } from '../../object/object.ts';
import { EtcdClient, type EtcdEndpoint } from '../etcd/client.ts';
import { readLedger } from '../etcd/ledger.ts';
import { probeEtcd, unseenEtcd } from '../etcd/probe.ts';
import type { Children } from './children.ts';
import { componentLabel, memberHost, type Names, namesOf, ports } from './names.ts';
import { type Picture, secretText } from './picture.ts';

/** One look at everything: what the watches have brought, and what etcd says of itself. */

/** Clients by control plane; one is replaced when its certificate is. */
export class EtcdClients {
  readonly #clients = new Map<string, { version: string; client: EtcdClient }>();

  get(key: string, secrets: ReadonlyMap<string, KubeObject>, names: Names): EtcdClient | undefined {
    const secret = secrets.get(names.secrets.operatorEtcdClient);
    const certificate = secretText(secret, 'tls.crt');
    const privateKey = secretText(secret, 'tls.key');
    const ca = secretText(secrets.get(names.secrets.etcdAuthority), 'tls.crt');
    if (certificate === undefined || privateKey === undefined || ca === undefined) return undefined;
    const version = createHash('sha256').update(certificate).update(ca).digest('hex');
    const known = this.#clients.get(key);
    if (known?.version === version) return known.client;
    known?.client.close();
    const credentials = { ca, certificate, key: privateKey };
    const client = new EtcdClient({ credentials });
    this.#clients.set(key, { version, client });
    return client;
  }

  forget(key: string): void {
    this.#clients.get(key)?.client.close();
    this.#clients.delete(key);
  }

  close(): void {
    for (const key of [...this.#clients.keys()]) this.forget(key);
  }
}

/** Running etcd pods; dialled by address, so that the operator needs no cluster DNS. */
export function etcdEndpoints(pods: Iterable<KubeObject>, names: Names): EtcdEndpoint[] {
  const endpoints: EtcdEndpoint[] = [];
  for (const { metadata, status } of pods) {
    const { name = '' } = metadata;
    if (metadata.labels?.[componentLabel] !== 'etcd') continue;
    if (typeof status?.podIP !== 'string' || status.podIP === '') continue;
    if (status.phase !== 'Running') continue;
    endpoints.push({
      name,
      host: status.podIP,
      port: ports.etcdClient,
      serverName: memberHost(names, name),
    });
  }
  return endpoints.sort((a, b) => a.name.localeCompare(b.name));
}

export interface Observation {
  picture: Picture;
  etcd: { client: EtcdClient; endpoints: EtcdEndpoint[] } | undefined;
}

export async function observe(
  object: KubeObject,
  children: Children,
  clients: EtcdClients,
  now: Date,
): Promise<Observation> {
  const { namespace = '', name = '' } = object.metadata;
  const controlPlane: ControlPlane = parseControlPlane(object);
  const names = namesOf(namespace, name);
  const uid = object.metadata.uid;
  const found = children.of(namespace, name);
  // Children of an earlier control plane of this name are on their way out; they are not ours.
  for (const ofKind of Object.values(found)) {
    for (const [childName, { metadata }] of ofKind) {
      const owner = metadata.ownerReferences?.find((o) => o.kind === object.kind);
      if (owner !== undefined && owner.uid !== uid) ofKind.delete(childName);
    }
  }
  const client = clients.get(`${namespace}/${name}`, found.secret, names);
  const endpoints = etcdEndpoints(found.pod.values(), names);
  const asked = client !== undefined && endpoints.length > 0;
  const etcd = asked ? await probeEtcd(client, endpoints) : unseenEtcd;
  const ledger = readLedger(found.configMap.get(names.etcdMembers)?.data);
  const picture: Picture = { controlPlane, names, now, children: found, etcd, ledger };
  return { picture, etcd: asked ? { client, endpoints } : undefined };
}
