import {
  appArmor,
  capabilitiesBaseline,
  type Check,
  hostNamespaces,
  hostPathVolumes,
  hostPorts,
  hostProbes,
  privileged,
  procMount,
  seccompAnnotations,
  seccompBaseline,
  seLinuxOptions,
  sysctls,
  windowsHostProcess,
} from './baseline.ts';
import {
  allowPrivilegeEscalation,
  capabilities,
  runAsNonRoot,
  runAsUser,
  seccomp,
  volumes,
} from './restricted.ts';

/**
 * Which checks a level has in which version of the standards
 * (k8s.io/pod-security-admission policy/registry.go and the versions in check_*.go).
 */

interface Versions {
  id: string;
  /** By the minor version from which on it holds, the eldest first. */
  since: readonly (readonly [minor: number, check: Check])[];
  /** The baseline check that this one is instead of. */
  overrides?: string;
}

const notOnWindows =
  (check: Check): Check =>
  (pod) =>
    pod.spec.os?.name === 'windows' ? undefined : check(pod);

/** In a user namespace, root is nobody outside. */
const notOfOwnUsers =
  (check: Check): Check =>
  (pod) =>
    pod.spec.hostUsers === false ? undefined : check(pod);

const always = (check: Check) => [[0, check]] as const;

/** In the order in which they are reported, as are those of the restricted level after them. */
const baseline: readonly Versions[] = [
  { id: 'appArmorProfile', since: always(appArmor) },
  { id: 'capabilities_baseline', since: always(capabilitiesBaseline) },
  { id: 'hostNamespaces', since: always(hostNamespaces) },
  { id: 'hostPathVolumes', since: always(hostPathVolumes) },
  { id: 'hostPorts', since: always(hostPorts) },
  { id: 'hostProbesAndHostLifecycle', since: [[34, hostProbes]] },
  { id: 'privileged', since: always(privileged) },
  {
    id: 'procMount',
    since: [
      [0, procMount],
      [35, notOfOwnUsers(procMount)],
    ],
  },
  {
    id: 'seLinuxOptions',
    since: [0, 31].map((minor) => [minor, seLinuxOptions(minor)] as const),
  },
  {
    id: 'seccompProfile_baseline',
    since: [
      [0, seccompAnnotations],
      [19, seccompBaseline],
    ],
  },
  { id: 'sysctls', since: [0, 27, 29, 32].map((minor) => [minor, sysctls(minor)] as const) },
  { id: 'windowsHostProcess', since: always(windowsHostProcess) },
];

const restricted: readonly Versions[] = [
  {
    id: 'allowPrivilegeEscalation',
    since: [
      [8, allowPrivilegeEscalation],
      [25, notOnWindows(allowPrivilegeEscalation)],
    ],
  },
  {
    id: 'capabilities_restricted',
    since: [
      [22, capabilities],
      [25, notOnWindows(capabilities)],
    ],
    overrides: 'capabilities_baseline',
  },
  { id: 'procMount_restricted', since: [[35, procMount]], overrides: 'procMount' },
  { id: 'restrictedVolumes', since: always(volumes), overrides: 'hostPathVolumes' },
  {
    id: 'runAsNonRoot',
    since: [
      [0, runAsNonRoot],
      [35, notOfOwnUsers(runAsNonRoot)],
    ],
  },
  {
    id: 'runAsUser',
    since: [
      [23, runAsUser],
      [35, notOfOwnUsers(runAsUser)],
    ],
  },
  {
    id: 'seccompProfile_restricted',
    since: [
      [19, seccomp],
      [25, notOnWindows(seccomp)],
    ],
    overrides: 'seccompProfile_baseline',
  },
];

const known = new Map<string, readonly Check[]>();

/** `version`: `latest` or `v1.36`; beyond the newest that changes anything nothing does. */
export function checksOf(
  level: 'privileged' | 'baseline' | 'restricted',
  version: string,
): readonly Check[] {
  if (level === 'privileged') return [];
  const key = `${level}:${version}`;
  const found = known.get(key);
  if (found !== undefined) return found;
  const minor = version === 'latest' ? Number.POSITIVE_INFINITY : Number(version.slice(3));
  const of = ({ since }: Versions): readonly Check[] => {
    const [, check] = since.findLast(([from]) => from <= minor) ?? [];
    return check === undefined ? [] : [check];
  };
  const more = level === 'restricted' ? restricted : [];
  const overridden = new Set(more.filter((one) => of(one).length > 0).map((one) => one.overrides));
  const checks = [...baseline.filter(({ id }) => !overridden.has(id)), ...more].flatMap(of);
  // versions come from labels: only so many are remembered
  if (known.size < 200) known.set(key, checks);
  return checks;
}
