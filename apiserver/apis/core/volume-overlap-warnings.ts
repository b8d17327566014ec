import type { Plain } from '../plain.ts';

/**
 * Files that two entries of one volume write, where the later hides the earlier or cannot be
 * written (pkg/api/pod warningsForOverlappingVirtualPaths).
 */
export function overlapWarnings(volume: Plain): string[] {
  const named = `volume ${JSON.stringify(volume.name ?? '')}`;
  const warnings: string[] = [];
  const own: [string, Plain | undefined][] = [
    [`ConfigMap ${JSON.stringify(volume.configMap?.name ?? '')}`, volume.configMap],
    [`Secret ${JSON.stringify(volume.secret?.secretName ?? '')}`, volume.secret],
    ['DownwardAPI', volume.downwardAPI],
  ];
  for (const [what, source] of own) {
    const files = pathsOf(source?.items);
    warnings.push(...overlaps(files, `${named} (${what}): overlapping paths`));
  }
  const before = new Set<string>();
  for (const source of volume.projected?.sources ?? []) {
    if (Object.keys(source).length === 0) {
      warnings.push(`${named} (Projected) has no sources provided`);
      continue;
    }
    const [what, files] = projection(source);
    if (files.length === 0) continue;
    const text = `${named} (Projected ${what}): overlapping paths`;
    warnings.push(...overlaps(files, text));
    const unique = new Set(files);
    warnings.push(...overlaps([...unique, ...before].sort(), text));
    for (const file of unique) before.add(file);
  }
  return warnings;
}

function pathsOf(items: Plain[] | undefined): string[] {
  return (items ?? []).map((item) => item.path ?? '');
}

/** What a source is called, and the files it says it writes. */
function projection(source: Plain): [string, string[]] {
  for (const [field, kind] of [
    ['configMap', 'ConfigMap'],
    ['secret', 'Secret'],
  ] as const) {
    const items = source[field]?.items;
    if (items) return [`${kind} ${JSON.stringify(source[field].name ?? '')}`, pathsOf(items)];
  }
  if (source.downwardAPI?.items) return ['DownwardAPI', pathsOf(source.downwardAPI.items)];
  const { serviceAccountToken: token, clusterTrustBundle: bundle } = source;
  if (token) return ['ServiceAccountToken', [token.path ?? '']];
  if (!bundle) return ['', []];
  const name = JSON.stringify(bundle.name ?? bundle.signerName ?? '');
  return [`ClusterTrustBundle ${name}`, [bundle.path ?? '']];
}

function overlaps(paths: readonly string[], text: string): string[] {
  const seen = new Set<string>();
  const warnings: string[] = [];
  for (const path of paths) {
    const file = path.replace(/\/+$/, '');
    const other = [...seen].find((item) => touches(item, file));
    if (other !== undefined) {
      warnings.push(`${text}: ${JSON.stringify(file)} with ${JSON.stringify(other)}`);
    }
    seen.add(file);
  }
  return warnings;
}

/** As upstream compares them: a prefix is enough, whether or not it ends at a slash. */
function touches(item: string, file: string): boolean {
  if (item === '' || file === '') return false;
  return `${item}/`.startsWith(file) || `${file}/`.startsWith(item);
}
