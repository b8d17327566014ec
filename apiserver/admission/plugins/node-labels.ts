/**
 * Which of its labels a kubelet may write: its own domain's are few, `node-restriction` is nobody's
 * but administrators'. Source: KEP-279, plugin/pkg/admission/noderestriction.
 */

const own = new Set([
  'kubernetes.io/hostname',
  'kubernetes.io/arch',
  'kubernetes.io/os',
  'beta.kubernetes.io/arch',
  'beta.kubernetes.io/os',
  'beta.kubernetes.io/instance-type',
  'node.kubernetes.io/instance-type',
  'failure-domain.beta.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region',
  'failure-domain.kubernetes.io/zone',
  'failure-domain.kubernetes.io/region',
  'topology.kubernetes.io/zone',
  'topology.kubernetes.io/region',
]);
const ownDomains = ['kubelet.kubernetes.io', 'node.kubernetes.io'];

type Labels = Readonly<Record<string, string>> | undefined;

/** Keys that differ between the two and are not the kubelet's to write. */
export function forbiddenLabels(next: Labels = {}, old: Labels = {}): string[] {
  const changed = new Set([...Object.keys(next), ...Object.keys(old)]);
  return [...changed].filter((key) => next[key] !== old[key] && isForbidden(key));
}

function isForbidden(key: string): boolean {
  const cut = key.indexOf('/');
  const domain = cut < 0 ? '' : key.slice(0, cut);
  const under = (name: string) => domain === name || domain.endsWith(`.${name}`);
  if (under('node-restriction.kubernetes.io')) return true;
  if (!under('kubernetes.io') && !under('k8s.io')) return false;
  return !own.has(key) && !ownDomains.some(under);
}
