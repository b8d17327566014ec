/**
 * Whether a member's progress notifications can be trusted: before 3.4.31 and 3.5.13 one could
 * overtake the events it stands for (etcd-io/etcd#15220). Same rule as upstream's
 * storage/feature/feature_support_checker.go.
 */
export function tellsProgress(version: string): boolean {
  const match = /^(\d+)\.(\d+)\.(\d+)/.exec(version);
  if (match === null) return false;
  const [major, minor, patch] = match.slice(1).map(Number) as [number, number, number];
  if (major !== 3) return major > 3;
  if (minor === 4) return patch >= 31;
  if (minor === 5) return patch >= 13;
  return minor > 5;
}
