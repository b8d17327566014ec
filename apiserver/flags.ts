import type { FlagTable } from '../flags/flag-set.ts';
import { admissionFlags } from './options/admission.ts';
import { auditFlags } from './options/audit.ts';
import { authenticationFlags } from './options/authentication.ts';
import { authorizationFlags } from './options/authorization.ts';
import { clusterFlags } from './options/cluster.ts';
import { etcdFlags } from './options/etcd.ts';
import { featureFlags } from './options/features.ts';
import { observabilityFlags } from './options/observability.ts';
import { servingFlags } from './options/serving.ts';
import { trafficFlags } from './options/traffic.ts';

/**
 * kube-apiserver's flags by their names. Those marked `refused` are known and take their default
 * alone; a flag that is not here is unknown. Defaults are upstream's except where the help says so.
 */
export const apiServerFlags = {
  ...servingFlags,
  ...etcdFlags,
  ...authenticationFlags,
  ...authorizationFlags,
  ...admissionFlags,
  ...trafficFlags,
  ...clusterFlags,
  ...auditFlags,
  ...featureFlags,
  ...observabilityFlags,
} as const satisfies FlagTable;
