import type { ControllerEntry } from './entry.ts';

/** Which of the catalogue `--controllers` means. Throws on a name that is none. */
export function selectControllers(
  catalog: readonly ControllerEntry[],
  wanted: readonly string[],
): ControllerEntry[] {
  const known = new Set(catalog.flatMap((c) => [c.name, c.alias]));
  for (const item of wanted) {
    const name = item.replace(/^-/, '');
    if (item !== '*' && !known.has(name)) {
      throw new Error(
        `--controllers: ${JSON.stringify(name)} is not in the list of known controllers: ${catalog.map((c) => c.name).join(', ')}`,
      );
    }
  }
  return catalog.filter(({ name, alias, byNameOnly }) => {
    if (wanted.includes(name) || wanted.includes(alias)) return true;
    if (wanted.includes(`-${name}`) || wanted.includes(`-${alias}`)) return false;
    return wanted.includes('*') && byNameOnly !== true;
  });
}
