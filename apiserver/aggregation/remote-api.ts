import type { KubeObject } from '../../object/object.ts';

/** A group version that another server serves, as its APIService describes it. */
export interface RemoteApi {
  /** Of the APIService: `v1beta1.metrics.k8s.io`. */
  name: string;
  group: string;
  version: string;
  priority: { group: number; version: number };
  service: { namespace: string; name: string; port: number };
  /** PEM; empty: the authorities that this machine trusts. */
  caBundle: string;
  insecure: boolean;
  available: boolean;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string | null;
}

export function availableCondition(apiService: KubeObject): Condition | undefined {
  const conditions: Condition[] = apiService['status']?.conditions ?? [];
  return conditions.find(({ type }) => type === 'Available');
}

/** Undefined for an APIService of this server's own. */
export function remoteApi(apiService: KubeObject): RemoteApi | undefined {
  const { spec } = apiService as { spec?: Record<string, never> };
  const service = spec?.['service'] as Partial<RemoteApi['service']> | null | undefined;
  if (spec === undefined || service === undefined || service === null) return undefined;
  return {
    name: apiService.metadata.name ?? '',
    group: spec['group'] ?? '',
    version: spec['version'] ?? '',
    priority: {
      group: spec['groupPriorityMinimum'] ?? 0,
      version: spec['versionPriority'] ?? 0,
    },
    service: {
      namespace: service.namespace ?? '',
      name: service.name ?? '',
      port: service.port ?? 443,
    },
    caBundle: Buffer.from(spec['caBundle'] ?? '', 'base64').toString('utf8'),
    insecure: spec['insecureSkipTLSVerify'] === true,
    available: availableCondition(apiService)?.status === 'True',
  };
}

/** `/apis/metrics.k8s.io/v1beta1`, and `/api/v1` of the core group. */
export function pathOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
}
