/**
 * Upstream's key layout: `<etcd prefix>/<storage path>/[<namespace>/]<name>`, with `/registry` as the
 * default prefix (`--etcd-prefix`). Source: k8s.io/apiserver registry/generic/registry store.go
 * (NamespaceKeyFunc, NoNamespaceKeyFunc).
 */

/** What `--etcd-prefix` means: one leading slash, none behind. Empty gives ''. */
export function normalisePrefix(etcdPrefix: string): string {
  const trimmed = etcdPrefix.replace(/^\/+|\/+$/g, '');
  return trimmed === '' ? '' : `/${trimmed}`;
}

/** `/registry/pods/`: every key of a resource starts with it. */
export function keyPrefixOf(etcdPrefix: string, storagePath: string): string {
  return `${normalisePrefix(etcdPrefix)}/${storagePath.replace(/^\/+|\/+$/g, '')}/`;
}

/** `/registry/pods/default/`; the whole resource when the namespace is empty. */
export function namespacePrefix(keyPrefix: string, namespace: string): string {
  return namespace === '' ? keyPrefix : `${keyPrefix}${namespace}/`;
}

/** Namespace '' for cluster-scoped resources. */
export function objectKey(keyPrefix: string, namespace: string, name: string): string {
  return namespace === '' ? keyPrefix + name : `${keyPrefix}${namespace}/${name}`;
}

/** The reverse of {@link objectKey}; undefined for a key that no object of the resource can have. */
export function parseObjectKey(
  keyPrefix: string,
  namespaced: boolean,
  key: string,
): { namespace: string; name: string } | undefined {
  if (!key.startsWith(keyPrefix)) return undefined;
  const rest = key.slice(keyPrefix.length);
  if (rest === '') return undefined;
  if (!namespaced) return rest.includes('/') ? undefined : { namespace: '', name: rest };
  const slash = rest.indexOf('/');
  if (slash <= 0 || slash === rest.length - 1 || rest.includes('/', slash + 1)) return undefined;
  return { namespace: rest.slice(0, slash), name: rest.slice(slash + 1) };
}

/** The first key behind all that start with `prefix`; undefined when there is none (empty prefix). */
export function prefixEnd(prefix: string): string | undefined {
  // as all prefixes of resources end
  const unit = prefix.charCodeAt(prefix.length - 1);
  if (unit < 0x7f) return prefix.slice(0, -1) + String.fromCharCode(unit + 1);
  const points = [...prefix];
  for (let last = points.pop(); last !== undefined; last = points.pop()) {
    const point = last.codePointAt(0) ?? 0;
    // surrogates are not characters: the point after U+D7FF is U+E000
    if (point < 0x10ffff)
      return points.join('') + String.fromCodePoint(point === 0xd7ff ? 0xe000 : point + 1);
  }
  return undefined;
}

/**
 * Byte order of the UTF-8 forms, which is etcd's order. JavaScript compares UTF-16 units, which
 * differs only where surrogates meet U+E000 and above.
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    const xIsSurrogate = x >= 0xd800 && x <= 0xdfff;
    const yIsSurrogate = y >= 0xd800 && y <= 0xdfff;
    if (xIsSurrogate !== yIsSurrogate && x >= 0xd800 && y >= 0xd800) return xIsSurrogate ? 1 : -1;
    return x < y ? -1 : 1;
  }
  return a.length < b.length ? -1 : 1;
}

const beyondPlain = /[\ud800-\uffff]/;

/** True when JavaScript's own `<` orders this key as its bytes do against any other plain key. */
export function isPlainKey(key: string): boolean {
  return !beyondPlain.test(key);
}
