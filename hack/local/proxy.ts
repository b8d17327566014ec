import type { Server } from 'node:net';
import type { Logger } from '../../log/log.ts';
import type { Cluster } from '../../reconciler/cluster.ts';
import type { InformerSet } from '../../reconciler/informer-set.ts';
import { Loop } from '../../reconciler/loop.ts';
import { keyOf } from '../../reconciler/store.ts';
import { clusterDomain, dnsAddress } from './network/addresses.ts';
import { serveDns } from './network/dns-server.ts';
import { ServiceDirectory } from './network/endpoints.ts';
import { LoadBalancers } from './network/load-balancers.ts';
import { ServiceRelays } from './network/service-relays.ts';
import { endpointSlices, services } from './resources.ts';

export interface ProxyOptions {
  cluster: Cluster;
  informers: InformerSet;
  log: Logger;
  /** Rejects with `code` EADDRINUSE or EACCES. */
  listenOutside: (address: string, port: number) => Promise<Server>;
}

/** A Service whose addresses are taken is tried again this often. */
const retryMostMs = 5_000;

/** What a cluster's proxy, DNS and load balancers do: Services get names, addresses and relays. */
export async function startProxy(options: ProxyOptions): Promise<void> {
  const { cluster, informers, log, listenOutside } = options;
  const serviceInformer = informers.of(services);
  const sliceInformer = informers.of(endpointSlices);
  const directory = new ServiceDirectory(serviceInformer, sliceInformer);
  const balancers = new LoadBalancers({ cluster, listenOutside });
  const relays = new ServiceRelays({
    services: serviceInformer,
    directory,
    log,
    listenOutside: (address, port) => balancers.listen(address, port),
  });
  const loop = new Loop({
    name: 'services',
    log,
    async reconcile(key) {
      const service = await balancers.assign(key, serviceInformer.store.get(key));
      if (service !== undefined) serviceInformer.observe(service);
      return relays.reconcile(key);
    },
    maxMs: retryMostMs,
  });
  serviceInformer.on(({ object }) => loop.add(keyOf(object)));
  sliceInformer.on(({ object }) => {
    const name = object.metadata.labels?.['kubernetes.io/service-name'];
    if (name !== undefined) relays.refresh(`${object.metadata.namespace}/${name}`);
  });
  loop.start();
  await serveDns({ directory, zone: clusterDomain, address: dnsAddress, port: 53 });
}
