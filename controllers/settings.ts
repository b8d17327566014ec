import { type Followed, followFiles } from '../pki/reload.ts';
import { parseSigningKey } from '../pki/token-keys.ts';
import type { Logger } from '../log/log.ts';
import type { ControllerSettings } from './context.ts';
import type { ManagerFlags } from './flags.ts';

/** Flags as controllers want them; the files among them are followed, not just read. */
export async function readSettings(
  flags: ManagerFlags,
  log: Logger,
): Promise<{ settings: ControllerSettings; close(): void }> {
  const followed: Followed[] = [];
  const follow = async (files: Record<string, string>) => {
    const entry = await followFiles({
      files,
      onChange: () => log.info({ files: Object.values(files) }, 'files reloaded'),
      onError: (error) =>
        log.warn({ files: Object.values(files), error: error.message }, 'files not reloaded'),
    });
    followed.push(entry);
    return (name: string) => entry.contents[name]?.toString('utf8') ?? '';
  };
  let rootCa: ControllerSettings['rootCa'];
  if (flags['root-ca-file'] !== '') {
    const read = await follow({ ca: flags['root-ca-file'] });
    rootCa = () => read('ca');
  }
  let tokenKey: ControllerSettings['tokenKey'];
  if (flags['service-account-private-key-file'] !== '') {
    const read = await follow({ key: flags['service-account-private-key-file'] });
    let pem = read('key');
    let parsed = parseSigningKey(pem);
    tokenKey = () => {
      if (read('key') !== pem) {
        pem = read('key');
        parsed = parseSigningKey(pem);
      }
      return parsed;
    };
  }
  let signing: ControllerSettings['signing'];
  if (flags['cluster-signing-cert-file'] !== '') {
    const read = await follow({
      certificate: flags['cluster-signing-cert-file'],
      key: flags['cluster-signing-key-file'],
    });
    signing = {
      authority: () => ({ certificate: read('certificate'), key: read('key') }),
      durationMs: flags['cluster-signing-duration'],
    };
  }
  return {
    settings: {
      rootCa,
      tokenKey,
      signing,
      nodeMonitorPeriodMs: flags['node-monitor-period'],
      nodeMonitorGraceMs: flags['node-monitor-grace-period'],
      nodeStartupGraceMs: flags['node-startup-grace-period'],
      terminatedPodThreshold: flags['terminated-pod-gc-threshold'],
      clusterCidr: flags['cluster-cidr'] === '' ? undefined : flags['cluster-cidr'],
      serviceCidr:
        flags['service-cluster-ip-range'] === '' ? undefined : flags['service-cluster-ip-range'],
      allocateNodeCidrs: flags['allocate-node-cidrs'],
      nodeCidrMaskSize: flags['node-cidr-mask-size'],
      mirroringMaxEndpointsPerSubset: flags['mirroring-max-endpoints-per-subset'],
      autoscaler: {
        syncPeriodMs: flags['horizontal-pod-autoscaler-sync-period'],
        downscaleStabilizationMs: flags['horizontal-pod-autoscaler-downscale-stabilization'],
        tolerance: flags['horizontal-pod-autoscaler-tolerance'],
        cpuInitializationMs: flags['horizontal-pod-autoscaler-cpu-initialization-period'],
        initialReadinessMs: flags['horizontal-pod-autoscaler-initial-readiness-delay'],
      },
      localVolumePath: flags['local-volume-path'],
    },
    close: () => followed.forEach((entry) => entry.close()),
  };
}
