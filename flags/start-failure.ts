/** Values of a program's flags, by name. */
type Values = Readonly<Record<string, unknown>>;

/**
 * What a program says of the error that ends it: of a file that cannot be opened the flags that name
 * it, and why in Go's words.
 */
export function startFailure(error: unknown, values: Values): string {
  if (!(error instanceof Error)) return String(error);
  const { code, path, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || path === undefined) return error.message;
  const why = new RegExp(`^${code}: (.*), ${syscall}`).exec(error.message)?.[1];
  const flags = Object.keys(values).filter((name) => mentions(values[name], path));
  if (why === undefined || flags.length === 0) return error.message;
  return `${flags.map((name) => `--${name}`).join(', ')}: ${syscall} ${path}: ${why}`;
}

/** Alone, in a list, or as one part of several (`--tls-sni-cert-key=CERTIFICATE,KEY:NAMES`). */
function mentions(value: unknown, path: string): boolean {
  if (Array.isArray(value)) return value.some((one) => mentions(one, path));
  return typeof value === 'string' && (value === path || value.split(/[,:]/).includes(path));
}
