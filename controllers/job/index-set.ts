/** Sets of completion indexes as Jobs write them: `0,2-4,7`. */
export function parseIndexes(text: string | undefined): Set<number> {
  const found = new Set<number>();
  for (const part of (text ?? '').split(',')) {
    const [from, to] = part.split('-').map(Number);
    if (part === '' || from === undefined || !Number.isInteger(from)) continue;
    for (let i = from; i <= (to ?? from); i++) found.add(i);
  }
  return found;
}

/** Runs of three or more, and of two, are written as ranges (upstream writes `0,1` for two). */
export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((a, b) => a - b);
  const parts: string[] = [];
  for (let i = 0; i < sorted.length; ) {
    const first = sorted[i] ?? 0;
    let last = first;
    while (sorted[i + 1] === last + 1) last = sorted[++i] ?? last;
    i++;
    if (last === first) parts.push(String(first));
    else parts.push(last === first + 1 ? `${first},${last}` : `${first}-${last}`);
  }
  return parts.join(',');
}
