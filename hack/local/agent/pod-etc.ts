import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubeObject } from '../../../object/object.ts';
import { clusterDomain, dnsAddress } from '../network/addresses.ts';
import { hostnameOf } from './root.ts';

/** What the kubelet writes for a pod's containers: resolv.conf, hosts and hostname, in `etc/`. */
export function writeEtc(folder: string, pod: KubeObject, podIP: string): void {
  const { namespace = '' } = pod.metadata;
  const spec = pod['spec'] ?? {};
  const etc = join(folder, 'etc');
  mkdirSync(etc, { recursive: true });
  const search = `${namespace}.svc.${clusterDomain} svc.${clusterDomain} ${clusterDomain}`;
  writeFileSync(
    join(etc, 'resolv.conf'),
    `nameserver ${dnsAddress}\nsearch ${search}\noptions ndots:5\n`,
  );
  const hostname = hostnameOf(pod);
  const full = spec.subdomain
    ? `${hostname}.${spec.subdomain}.${namespace}.svc.${clusterDomain}`
    : hostname;
  const extra = ((spec.hostAliases ?? []) as { ip: string; hostnames: string[] }[]).map(
    ({ ip, hostnames }) => `${ip} ${hostnames.join(' ')}\n`,
  );
  writeFileSync(
    join(etc, 'hosts'),
    `127.0.0.1 localhost\n::1 localhost\n${podIP} ${full === hostname ? hostname : `${full} ${hostname}`}\n${extra.join('')}`,
  );
  writeFileSync(join(etc, 'hostname'), `${hostname}\n`);
}
