import type { Logger } from '../log/log.ts';
import { kubernetesService } from './bootstrap/cluster-objects.ts';
import { type BootstrapPort, ensureExists } from './bootstrap/reconcile.ts';
import { kubernetesServiceIp } from './config.ts';
import type { ServicesConfig } from './options/cluster.ts';
import { repeated } from './repeated.ts';

/** How often upstream looks whether it is there. */
const intervalMs = 10_000;

/**
 * Makes Service default/kubernetes at the start, and again when somebody has deleted it; one that is there is left
 * as it is. Source: pkg/controlplane/controller/kubernetesservice.
 */
export function makeKubernetesService(
  services: Pick<ServicesConfig, 'cidrs' | 'kubernetesNodePort'>,
  parts: { writer: BootstrapPort; securePort: number; log: Logger },
  everyMs = intervalMs,
): { start(): Promise<void>; stop(): Promise<void> } {
  const { writer, securePort, log } = parts;
  const clusterIP = kubernetesServiceIp(services);
  const service = kubernetesService({
    clusterIP,
    servicePort: 443,
    targetPort: securePort,
    nodePort: services.kubernetesNodePort,
  });
  const ref = { group: '', resource: 'services', namespace: 'default', name: 'kubernetes' };

  async function once(): Promise<void> {
    await Promise.all([ensureExists(writer, ref, service), ensureAddress(writer, clusterIP)]);
  }

  const again = repeated(once, everyMs, (error) =>
    log.warn({ error }, 'the kubernetes Service is not there and could not be made'),
  );
  return {
    async start() {
      await once();
      again.start();
    },
    stop: () => again.stop(),
  };
}

/** The kubernetes Service is made by the server itself: its address is marked as taken the same way. */
async function ensureAddress(writer: BootstrapPort, ip: string): Promise<void> {
  const ref = { group: 'networking.k8s.io', resource: 'ipaddresses', namespace: '', name: ip };
  await ensureExists(writer, ref, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: {
      name: ip,
      labels: {
        'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
        'ipaddress.kubernetes.io/ip-family': ip.includes(':') ? 'IPv6' : 'IPv4',
      },
    },
    spec: {
      parentRef: { resource: 'services', namespace: 'default', name: 'kubernetes' },
    },
  });
}
